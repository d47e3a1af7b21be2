"""Runs an operator without a server: what arrives is given, what it emits is written down.

task = Recording(RangeSplitterConfig(chunk_size=10), arrived=[Arrived(0, Event(0, range=Range(0, 25)))])
RangeSplitter().run(task)
assert [event.range.key for event in task.emitted] == ["0-9", "10-19", "20-25"]
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from operators.sdk.config import Config
from operators.sdk.task import Arrived, Event, Fired

C = TypeVar("C", bound=Config)


class RecordingState:
    """Goes through JSON, as it does where it is kept: what JSON cannot hold fails here too."""

    def __init__(self) -> None:
        self._text = "null"

    def get(self) -> Any:
        return json.loads(self._text)

    def set(self, value: Any) -> None:
        self._text = json.dumps(value, allow_nan=False)


@dataclass
class Recording(Generic[C]):
    """A `TaskContext`. Give the `state` of one to the next, and they are tasks of the same job."""

    config: C
    arrived: Sequence[Arrived] = ()
    fired: Fired | None = None
    state: RecordingState = field(default_factory=RecordingState)
    emitted: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        self.emitted.append(event)
