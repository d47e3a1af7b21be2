"""A row per drill: printed at the end of the run, and kept as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import machine
from tests.bench.report import Report, Row
from tests.bench.table import text_of
from tests.drills.scene import Scene

RESULTS = Path(__file__).resolve().parents[2] / "drill-results.json"


@dataclass
class Records:
    drills: list[Row] = field(default_factory=list)
    faults: list[Row] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, scene: Scene) -> None:
        self.drills.append(
            {
                "drill": name,
                "faults": len(scene.faults),
                "runs": len(scene.load.runs),
                "tasks done": scene.state.completed(),
                "s to drained": scene.drained_seconds,
                "retries": scene.state.retries(),
                "wake-ups refused": scene.wake_ups_refused(),
                "reports refused": scene.reports_refused(),
            }
        )
        self.faults += [
            {
                "drill": name,
                "fault": one.name,
                "s it lasted": one.lasted_seconds,
                "s to the first task after": scene.seconds_until_back(one),
            }
            for one in scene.faults
        ]

    def tell(self) -> str:
        tables = {"drills": self.drills, "faults": self.faults}
        report = Report(tables={name: rows for name, rows in tables.items() if rows}, failures=self.failures)
        RESULTS.write_text(json.dumps(machine.describe() | report.to_json(), indent=2, ensure_ascii=False) + "\n")
        return text_of(report)
