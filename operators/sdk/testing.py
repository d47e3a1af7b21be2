"""Runs an operator without a server: what arrives is given, what it emits is written down.

task = Recording(RangeSplitterConfig(chunk_size=10), arrived=[Arrived(0, Event(0, range=Range(0, 25)))])
RangeSplitter().run(task)
assert [event.range.key for event in task.emitted] == ["0-9", "10-19", "20-25"]
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from operators.sdk import storable
from operators.sdk.config import Config
from operators.sdk.task import Arrived, Event, Fired, Level, Log

C = TypeVar("C", bound=Config)


class RecordingState:
    """Goes through JSON, as it does where it is kept: what JSON cannot hold fails here too."""

    def __init__(self) -> None:
        self._text = "null"

    def get(self) -> Any:
        return json.loads(self._text)

    def set(self, value: Any) -> None:
        self._text = storable.as_json(value, what="The state")


class Line(NamedTuple):
    level: str
    text: str
    values: Mapping[str, object]


class RecordingLog(Log):
    def __init__(self) -> None:
        self.lines: list[Line] = []

    def write(self, level: Level, text: str, values: Mapping[str, object]) -> None:
        self.lines.append(Line(level, text, values))


class Done(NamedTuple):
    done: int
    total: int | None
    note: str


@dataclass
class Recording(Generic[C]):
    """A `TaskContext`. Give the `state` of one to the next, and they are tasks of the same job.

    A wait takes no time; a task that never ends is ended with `cancel_after`.
    """

    config: C
    arrived: Sequence[Arrived] = ()
    fired: Fired | None = None
    state: RecordingState = field(default_factory=RecordingState)
    attempt: int = 1
    emitted: list[Event] = field(default_factory=list)
    # How many of them each flush found accepted.
    flushed: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    progressed: list[Done] = field(default_factory=list)
    log: RecordingLog = field(default_factory=RecordingLog)
    _left: int | None = None

    def cancel_after(self, steps: int) -> None:
        """Asked to stop after that many more events and waits."""
        self._left = steps

    @property
    def cancelled(self) -> bool:
        return self._left is not None and self._left <= 0

    def emit(self, event: Event) -> None:
        self.emitted.append(event)
        self._step()

    def metric(self, name: str, value: float) -> None:
        self.metrics[storable.name(name, what="The metric")] = storable.number(value, what=f"The metric {name}")

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        self.progressed.append(Done(done, total, note))

    def flush(self) -> None:
        self.flushed.append(len(self.emitted))

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._step()

    def _step(self) -> None:
        if self._left is not None:
            self._left -= 1
