"""`python -m tests.bench [names…]`: all benches but the long ones, or only those named. A table to read, bench-results.json to compare."""

from __future__ import annotations

import json
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.bench import (
    bench_backfill,
    bench_catalog,
    bench_commit,
    bench_compact,
    bench_decode,
    bench_editor,
    bench_gateway,
    bench_growth,
    bench_idle,
    bench_outbox,
    bench_pages,
    bench_probe,
    bench_sink,
    bench_startup,
    bench_tasks,
    bench_tip,
    bench_validator,
    machine,
)
from tests.bench.report import Report
from tests.bench.stage import Stage
from tests.bench.table import text_of

RESULTS = Path(__file__).resolve().parents[2] / "bench-results.json"
# In this order, whatever is named first: those that share a running stack come last, or it would disturb the others.
BENCHES: dict[str, Callable[[Report, Stage], None]] = {
    "validator": bench_validator.run,
    "backfill": bench_backfill.run,
    "decode": bench_decode.run,
    "startup": bench_startup.run,
    "idle": bench_idle.run,
    "outbox": bench_outbox.run,
    "commit": bench_commit.run,
    "compact": bench_compact.run,
    "growth": bench_growth.run,
    "catalog": bench_catalog.run,
    "sink": bench_sink.run,
    "gateway": bench_gateway.run,
    "tip": bench_tip.run,
    "tip-10min": partial(bench_tip.run_long, minutes=10),
    "tip-hour": partial(bench_tip.run_long, minutes=60),
    "probe": bench_probe.run,
    "tasks": bench_tasks.run,
    "pages": bench_pages.run,
    "editor": bench_editor.run,
}
# Only by their names.
LONG = frozenset({"tip-10min", "tip-hour"})


def main(names: list[str]) -> int:
    if unknown := set(names) - BENCHES.keys():
        print(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    # An exception unwinds and so stops what was started; the default would leave it running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    where, report, others = machine.describe(), Report(), machine.Others()
    print(" · ".join(f"{name} {value}" for name, value in where["machine"].items()), flush=True)
    _run(names, report)
    where["others_cpu_percent"] = round(others.cpu_percent(), 1)
    print(f"\n{text_of(report)}\n\nOther programs used {where['others_cpu_percent']} % of the machine meanwhile.")
    RESULTS.write_text(json.dumps(where | report.to_json(), indent=2, ensure_ascii=False) + "\n")
    return 1 if report.failures else 0


def _run(names: list[str], report: Report) -> None:
    with ExitStack() as exits:
        stage = Stage(exits)
        for name in BENCHES:
            if name in names or (not names and name not in LONG):
                _attempt(name, report, stage)


def _attempt(name: str, report: Report, stage: Stage) -> None:
    """One that fails does not take the others with it."""
    started = time.monotonic()
    try:
        BENCHES[name](report, stage)
    except Exception as error:  # noqa: BLE001  whatever it was, the next one may measure
        traceback.print_exc()
        report.failures[name] = (str(error) or repr(error)).splitlines()[0]
    print(f"{name:<8} took {time.monotonic() - started:5.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
