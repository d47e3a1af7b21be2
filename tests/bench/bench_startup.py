"""From nothing to the line "Trace is ready at", again on the same data, and back to nothing."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

# Before any clock runs: the first look at SeaweedFS would pay for the import in the servers' time.
import boto3  # noqa: F401

from tests.bench.report import Report
from tests.bench.stage import Stage, halt, running_stack, seconds_of, start, temporary_directory
from tests.servers import Servers

AGAIN = 2
ALONE = "the servers alone (Postgres, Valkey, SeaweedFS)"


@dataclass
class Times:
    """Of one start on nothing, and of some on what it left."""

    starts: list[float] = field(default_factory=list)
    stops: list[float] = field(default_factory=list)

    def add(self, start: float, stop: float) -> None:
        self.starts.append(start)
        self.stops.append(stop)

    @property
    def first(self) -> float:
        return self.starts[0]

    @property
    def second(self) -> float:
        return median(self.starts[1:])

    @property
    def stop(self) -> float:
        return median(self.stops)


def run(report: Report, stage: Stage) -> None:
    with temporary_directory() as data_dir:
        alone, whole = _measure(Servers(), data_dir)
    report.add("startup.first", whole.first, "s", baseline=(ALONE, alone.first))
    report.add("startup.second", whole.second, "s", baseline=(ALONE, alone.second), aim=("<", 10))
    report.add("startup.stop", whole.stop, "s", baseline=(ALONE, alone.stop))


def _measure(servers: Servers, data_dir: Path) -> tuple[Times, Times]:
    alone, whole = Times(), Times()
    try:
        for _ in range(1 + AGAIN):
            # In turn, so that both meet the same moments of the machine.
            alone.add(seconds_of(lambda: start(servers)), seconds_of(lambda: halt(servers)))
            whole.add(*_seconds_of_stack(data_dir))
    finally:
        servers.stop()
    return alone, whole


def _seconds_of_stack(data_dir: Path) -> tuple[float, float]:
    with ExitStack() as exits:
        started = seconds_of(lambda: exits.enter_context(running_stack(data_dir)))
        return started, seconds_of(exits.close)
