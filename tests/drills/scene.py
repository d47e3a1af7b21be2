"""A stack under load, and what became of it: the frame of every drill."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.drills.checks import findings
from tests.drills.load import Load
from tests.drills.state import State
from tests.journeys.stack import StackProcess, wait_until

# The demo's chain would be one more load, and a drill that is about chains brings its own.
SETTINGS = {"TRACE_WORKER_SLOTS": "8", "TRACE_DEMO": "0"}
# Whatever was being asked of a database when it went away.
UNREACHABLE = (psycopg.OperationalError, OSError, KeyError, ValueError)
# What a server that is away looks like.
_AWAY = re.compile(
    r"error\W{1,4}(?:OperationalError|InterfaceError|AdminShutdown|PoolTimeout|Transient|ConnectionError|TimeoutError)\b"
)
_MOST_OPEN = 600
_FEWEST_TICKS = 5
# A task may have failed twice before, and then waits for a minute and a half; the visibility of a lost message is two.
DRAIN_SECONDS, QUIET_SECONDS = 300.0, 150.0


@dataclass
class Fault:
    name: str
    began_at: datetime
    lifted_at: datetime | None = None

    @property
    def lasted_seconds(self) -> float:
        return (self.lifted_at - self.began_at).total_seconds() if self.lifted_at else 0.0


@dataclass
class Scene:
    """`stack` changes when a drill starts it anew."""

    data_dir: Path
    seed: int
    faults: list[Fault] = field(default_factory=list)
    drained_seconds: float = 0.0
    ended_well: bool = False

    def __post_init__(self) -> None:
        self.stack = StackProcess(self.data_dir, **SETTINGS)
        self.state = State(lambda: self.stack)
        self.load = Load(lambda: self.stack, self.seed, self._has_room)

    def _has_room(self) -> bool:
        try:
            return self.state.open_tasks() < _MOST_OPEN
        except UNREACHABLE:
            # What people ask for while it is away is what must not be lost.
            return True

    def begin(self) -> None:
        self._wait_ready()
        self.load.deploy()
        wait_until(lambda: self.state.number("SELECT count(*) FROM dispatch_route") > 0, what="the DAG was not armed")
        self.load.start()
        self.work(100)

    def end(self) -> None:
        self.load.end()
        with suppress(subprocess.TimeoutExpired):
            self.stack.stop()

    def work(self, completions: int, *, seconds: float = 120) -> None:
        """Until so many more tasks are completed."""
        wanted = self.state.completed() + completions
        wait_until(
            lambda: self.answered(lambda: self.state.completed() >= wanted),
            seconds=seconds, what=f"{completions} more tasks did not complete within {seconds:g} s:\n{self.stack.output[-3000:]}",
        )  # fmt: skip

    def answered(self, question: Callable[[], bool]) -> bool:
        """False also where nobody answers."""
        try:
            return question()
        except UNREACHABLE:
            return False

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        one = Fault(name, datetime.now(UTC))
        self.faults.append(one)
        yield
        one.lifted_at = datetime.now(UTC)

    def must_be_back(self, *, within_seconds: float) -> None:
        """Without a hand: a task is completed again in time after the last fault."""
        one = self.faults[-1]
        wait_until(
            lambda: self.answered(lambda: self.seconds_until_back(one) is not None),
            seconds=within_seconds,
            what=f"nothing was completed within {within_seconds:g} s after: {one.name}\n{self.stack.output[-3000:]}",
        )

    def seconds_until_back(self, fault: Fault) -> float | None:
        """From its end to the next task that was completed."""
        assert fault.lifted_at
        first = self.state.first_completion_after(fault.lifted_at)
        return (first - fault.lifted_at).total_seconds() if first else None

    def start_again(self) -> None:
        """On the same data, after everything was killed."""
        self.stack = StackProcess(self.data_dir, **SETTINGS)
        self._wait_ready()

    def _wait_ready(self) -> None:
        # Longer than a start takes: what is shown here is not how quick it is on a machine that has other things to do.
        self.stack.wait_line(lambda line: line.startswith("Trace is ready at "), seconds=240)

    def wait_for_ticks(self, number: int) -> None:
        """Of the schedule, which is a minute's."""
        ticks = "SELECT count(*) FROM dispatch_task WHERE cause = 'cron'"
        wanted = self.state.number(ticks) + number
        wait_until(lambda: self.answered(lambda: self.state.number(ticks) >= wanted), seconds=60 * number + 30)

    def must_tick(self, *, until: int | None = None, seconds: float = 45) -> None:
        """The source says more, or has said so much in all."""
        wanted = self.state.ticks() + _FEWEST_TICKS if until is None else until
        wait_until(
            lambda: self.answered(lambda: self.state.ticks() >= wanted),
            seconds=seconds, what=f"the source did not come to {wanted} events:\n{self.stack.output[-3000:]}",
        )  # fmt: skip

    def must_end_well(self) -> None:
        """Everything that was accepted is done, once; nothing is left behind."""
        self.load.stop()
        # Or there would be nothing to tell by whether it goes on where it was.
        self.must_tick(until=_FEWEST_TICKS, seconds=DRAIN_SECONDS)
        started = time.monotonic()
        self.load.pause("ticker")
        found: list[str] = []

        def is_looked_at() -> bool:
            time.sleep(0.2)
            with self.state.at_rest() as ask:
                if ask:
                    self.drained_seconds = time.monotonic() - started
                    found.extend(findings(ask, self.load))
                return ask is not None

        wait_until(lambda: self.answered(is_looked_at), seconds=DRAIN_SECONDS, what="the work did not end in time")
        assert not found, "\n".join(found)
        assert not (surprises := self._surprises()), "effects failed although everything they need was there:\n" + "\n".join(
            surprises
        )
        wait_until(lambda: self.state.messages() == 0, seconds=QUIET_SECONDS, what="messages stayed in the queue")
        assert self.state.dead_letters() == 0
        self.ended_well = True

    def _surprises(self) -> list[str]:
        """What the publisher tried in vain for no fault of ours: tried again, row by row or by the reconciler, it hides itself."""
        lines = [line for log in (self.data_dir / "logs").glob("dispatcher*.log") for line in log.read_text().splitlines()]
        return [line for line in lines if "outbox_attempt_failed" in line and not _AWAY.search(line)]

    def wake_ups_refused(self) -> int:
        """Told to the worker as somebody else's, or nobody's any more; of today's supervisor."""
        with suppress(httpx.HTTPError):
            text = httpx.get(f"{self.stack.facts['ops']['worker']}/metrics", timeout=5).text
            samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
            return int(sum(one.value for one in samples if _is_refusal(one)))
        return 0

    def reports_refused(self) -> int:
        """What a worker said of an attempt that it no longer held."""
        logs = (self.data_dir / "logs").glob("worker*.log")
        return sum(log.read_text().count('"event": "completion_refused"') for log in logs)


def _is_refusal(sample: Sample) -> bool:
    return sample.name == "trace_worker_messages_total" and sample.labels == {"queue": "tasks", "outcome": "over"}
