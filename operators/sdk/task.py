"""What a running operator sees. It never sees the web application, a database of ours, or another task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from operators.sdk.config import Config


@dataclass(frozen=True)
class Range:
    """Blocks from `start` to `end`, both inclusive."""

    start: int
    end: int

    @property
    def key(self) -> str:
        """As partition keys are written: decimal, without padding."""
        return f"{self.start}-{self.end}"


@dataclass(frozen=True)
class Event:
    """What an output says is there: a cursor that moved, or a partition. `data` belongs to what made a trigger fire."""

    output: int
    cursor: int | None = None
    range: Range | None = None
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Arrived:
    """What a task was made for: the event of one of its inputs."""

    input: int
    event: Event


class TaskContext(Protocol):
    """One attempt of one task."""

    @property
    def config(self) -> Config:
        """As the job's operator declared it, already checked."""

    @property
    def arrived(self) -> Sequence[Arrived]:
        """Empty for a source."""

    def emit(self, event: Event) -> None:
        """At least once: whoever consumes it must bear it twice."""


class Operator(Protocol):
    """Does the work of one task. Returning is success; raising is a failed attempt."""

    def run(self, task: TaskContext) -> None: ...
