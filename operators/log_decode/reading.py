"""Which logs a task reads: partitions of its inputs, or blocks of the table that its config names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operators.log_decode.config import LogDecodeConfig
from operators.sdk.errors import ConfigurationError, InputError
from operators.sdk.hot import Hot
from operators.sdk.inputs import InputPartition
from operators.sdk.task import Arrived, Range, TaskContext
from operators.sdk.words import Reason

if TYPE_CHECKING:
    import pyarrow as pa

Task = TaskContext[LogDecodeConfig]
Batches = Callable[[Sequence[str]], "Iterator[pa.RecordBatch]"]


@dataclass(frozen=True)
class Piece:
    """What is decoded, and replaced, as one. `cursor`: it came as one, and all up to it is there then."""

    scope: Range | str
    batches: Batches
    cursor: int | None = None
    invalidation: Reason | None = None

    @property
    def range(self) -> Range | None:
        return self.scope if isinstance(self.scope, Range) else None


def pieces(task: Task) -> Iterator[Piece]:
    return _of_table(task, task.config.hot_dataset) if task.config.hot_dataset else _of_partitions(task)


def _of_partitions(task: Task) -> Iterator[Piece]:
    by_key: dict[str, list[InputPartition]] = {}
    for one in task.inputs:
        for partition in one.partitions:
            by_key.setdefault(partition.key, []).append(partition)
    if not by_key:
        # Made again, or purged, before this began: whoever did that has told of what is there now.
        task.log.warning("nothing of what arrived is there any more")
    reason = next((one.invalidation for one in task.arrived if one.invalidation), None)
    for key, partitions in by_key.items():
        yield Piece(partitions[0].range or key, _one_after_the_other(partitions), invalidation=reason)


def _one_after_the_other(partitions: Sequence[InputPartition]) -> Batches:
    return lambda columns: (batch for one in partitions for batch in one.batches(columns))


def _of_table(task: Task, name: str) -> Iterator[Piece]:
    hot = task.hot(name)
    for arrived in dict.fromkeys(_without_data(one) for one in task.arrived):
        scope, cursor = _blocks(task, arrived)
        _require_there(hot, scope)
        yield Piece(scope, lambda columns, scope=scope: hot.rows(scope, columns=columns), cursor, arrived.invalidation)  # type: ignore[misc]


def _require_there(hot: Hot, scope: Range) -> None:
    if moved := hot.moved(scope):
        raise InputError(
            f"{moved[0].key} of {hot.name} was compacted and then deleted from it before it was read here. Decode it from the files: "
            "a job without `hot_dataset` whose input is the compacted dataset."
        )


@dataclass(frozen=True)
class _Said:
    cursor: int | None
    range: Range | None
    invalidation: Reason | None


def _without_data(arrived: Arrived) -> _Said:
    return _Said(arrived.event.cursor, arrived.event.range, arrived.invalidation)


def _blocks(task: Task, said: _Said) -> tuple[Range, int | None]:
    if said.range is not None:
        return said.range, None
    if said.cursor is None:
        raise ConfigurationError("The event carries neither a block nor a range; take an input that follows a chain.")
    return Range(_next(task, said.cursor), said.cursor), said.cursor


def _next(task: Task, cursor: int) -> int:
    """All up to the cursor is there: also blocks that were not told of one by one. Told again, it is that block alone."""
    if (before := task.state.get()) is not None:
        return min(int(before) + 1, cursor)
    bounds = task.hot(str(task.config.hot_dataset)).bounds()
    return min(bounds.start, cursor) if bounds else cursor
