from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from operators.demo_blocks.chain import LAST_BLOCK, blocks
from operators.demo_blocks.config import DemoBlocksConfig
from operators.sdk.errors import ConfigurationError, InputError, Retry
from operators.sdk.task import Event, Range, TaskContext
from operators.sdk.words import Keeping

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 131_072
Task = TaskContext[DemoBlocksConfig]


class DemoBlocks:
    def run(self, task: Task) -> None:
        ranges = dict.fromkeys(arrived.event.range for arrived in task.arrived)
        if not ranges or None in ranges:
            raise ConfigurationError("It makes blocks of a range, and none arrived; give it the output of a range_splitter.")
        for within in ranges:
            if within is not None:
                _make(task, within)


def _make(task: Task, within: Range) -> None:
    if within.end > LAST_BLOCK:
        raise InputError(
            f"{within.key} goes beyond block {LAST_BLOCK:,}, the last that fits its column; start with lower blocks."
        )
    {Keeping.BUFFERED: _hand_over, Keeping.DIRECT: _replace}.get(task.keeping(0), _write)(task, within)
    task.metric("rows", within.end - within.start + 1)


def _write(task: Task, within: Range) -> None:
    with task.store.partition(0, range=within, key="block_number") as partition:
        for rows in _rows(task, within):
            partition.write(rows)


def _hand_over(task: Task, within: Range) -> None:
    for rows in _rows(task, within):
        task.buffer.write(0, rows)


def _replace(task: Task, within: Range) -> None:
    task.table(0).replace(within, _rows(task, within), key="block_number")
    task.emit(Event(0, range=within))


def _rows(task: Task, within: Range) -> Iterator[pa.Table]:
    total = within.end - within.start + 1
    for start in range(within.start, within.end + 1, ROWS_AT_ONCE):
        # Raised, not returned: what ends without an error is published.
        if task.cancelled:
            raise Retry("It was asked to stop in the middle of a partition.")
        end = min(start + ROWS_AT_ONCE - 1, within.end)
        yield blocks(task.config, start, end)
        task.progress(end - within.start + 1, total, within.key)
