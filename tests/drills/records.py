"""A row per drill: printed at the end of the run, and kept as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bench import machine
from tests.bench.report import Report, Row
from tests.bench.table import text_of
from tests.drills.scene import Scene

RESULTS = Path(__file__).resolve().parents[2] / "drill-results.json"


def row(name: str, scene: Scene) -> Row:
    backs = [fault.back_seconds for fault in scene.faults if fault.back_seconds is not None]
    return {
        "drill": name,
        "faults": len(scene.faults),
        "runs": len(scene.load.runs),
        "tasks done": scene.state.completed(),
        "s to the first task after": max(backs, default=0.0),
        "s to drained": scene.drained_seconds,
        "retries": scene.state.retries(),
        "wake-ups refused": scene.wake_ups_refused(),
        "reports refused": scene.reports_refused(),
    }


def tell(rows: list[Row], failures: dict[str, str]) -> str:
    report = Report(tables={"drills": rows} if rows else {}, failures=failures)
    RESULTS.write_text(json.dumps(machine.describe() | report.to_json(), indent=2, ensure_ascii=False) + "\n")
    return text_of(report)
