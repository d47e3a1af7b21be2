"""What is written, and who is told of it: rows first, in one transaction over all tables, then the events, then what is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from operators.block_follower.config import BlockFollowerConfig
from operators.block_follower.window import Link, Window
from operators.sdk.chain.datasets import HotTable
from operators.sdk.chain.decoding import BlockData, Form, blocks_table, logs_table, transactions_table
from operators.sdk.errors import ConfigurationError
from operators.sdk.tables import Replacement
from operators.sdk.task import Event, Range, TaskContext
from operators.sdk.words import Keeping, Reason

if TYPE_CHECKING:
    import pyarrow as pa

KEY = "block_number"
LAST = 2**63 - 1
_OUTPUTS: dict[HotTable, int] = {"blocks": 0, "transactions": 1, "logs": 2}
_MADE = {0: blocks_table, 1: transactions_table, 2: logs_table}


class Writer:
    def __init__(self, task: TaskContext[BlockFollowerConfig], window: Window) -> None:
        self._task, self._window = task, window
        self._outputs = [_OUTPUTS[name] for name in task.config.tables if _is_there(task, _OUTPUTS[name])]
        self._tables = [output for output in self._outputs if _is_table(task, output)]

    @property
    def needs_receipts(self) -> bool:
        return any(output != 0 for output in self._tables)

    def found(self, count: int) -> list[Link]:
        """What the table of blocks holds, whoever wrote it: its highest blocks, the lowest of them first. Raises ConfigurationError for another chain's."""
        if 0 not in self._tables:
            return []
        rows = self._task.table(0).newest([KEY, "block_hash", "chain_id"], key=KEY, count=count)
        if others := {int(chain) for _, _, chain in rows} - {self._task.config.chain_id}:
            raise ConfigurationError(
                f"The table of blocks holds those of chain {min(others)}, and this job follows {self._task.config.chain_id}. "
                "Publish another dataset, or begin anew with `bootstrap: {reset_outputs: true}`."
            )
        return [Link(int(number), f"0x{bytes(block_hash).hex()}") for number, block_hash, _ in reversed(rows)]

    def gone(self, scope: Range) -> list[Range]:
        """What of it, or around it, was compacted and then deleted from any of the tables."""
        return [one for output in self._tables for one in self._task.table(output).moved(scope)]

    def clear_above(self, number: int) -> None:
        """What was written there before this attempt began was not remembered: nobody was told of it."""
        self._replace(Range(number + 1, LAST), ())

    def empty(self) -> None:
        """All of it, and whoever read it is told."""
        self._replace(Range(0, LAST), ())
        for output in self._outputs:
            self._task.invalidate(output, Range(0, LAST), Reason.CORRECTION)
        self._task.flush()

    def remember_start(self, start: int) -> None:
        """Before the first row: what is written and not told is known by it."""
        self._window.start = start
        self._save()

    def append(self, blocks: Sequence[BlockData]) -> None:
        self._replace(Range(blocks[0].number, blocks[-1].number), blocks)
        self._remember(blocks)
        self._tell(blocks)
        self._task.flush()

    def rewrite(self, scope: Range, blocks: Sequence[BlockData]) -> None:
        """`scope`: what does not hold any more, up to the last block that was written. `blocks` begin with it, and may be more or fewer."""
        self._window.redo = scope
        # Before the rows change: were all to end after that, nobody would know that they had.
        self._save()
        self._replace(Range(scope.start, max([scope.end, *(one.number for one in blocks[-1:])])), blocks)
        self._window.cut(scope.start - 1)
        self._window.redo = None
        self._remember(blocks)
        for output in self._outputs:
            self._task.invalidate(output, scope, Reason.REORG)
        # Those within the scope are told by that already.
        self._tell([one for one in blocks if one.number > scope.end])
        self._task.flush()

    def _replace(self, scope: Range, blocks: Sequence[BlockData]) -> None:
        if self._tables:
            self._task.replace([Replacement(output, scope, self._rows(output, blocks), KEY) for output in self._tables])

    def _rows(self, output: int, blocks: Sequence[BlockData]) -> pa.Table:
        return _MADE[output](blocks, self._task.config.chain_id, Form.TABLE)

    def _remember(self, blocks: Sequence[BlockData]) -> None:
        self._window.extend(Link(one.number, one.hash) for one in blocks)
        self._task.state.set(self._window.written())

    def _save(self) -> None:
        self._task.state.set(self._window.written())
        self._task.flush()

    def _tell(self, blocks: Sequence[BlockData]) -> None:
        every = self._task.config.threshold_blocks or 1
        for one in blocks:
            # At the same blocks after every restart: an event says that all up to it is there.
            if (one.number + 1) % every == 0:
                for output in self._outputs:
                    self._task.emit(Event(output, cursor=one.number, data={"chain_id": self._task.config.chain_id}))


def _is_there(task: TaskContext[BlockFollowerConfig], output: int) -> bool:
    """A DAG may take fewer outputs than there are."""
    try:
        task.keeping(output)
    except ConfigurationError:
        return False
    return True


def _is_table(task: TaskContext[BlockFollowerConfig], output: int) -> bool:
    kept = task.keeping(output)
    if kept is Keeping.BUFFERED:
        raise ConfigurationError(
            f"Output {output} is published with `write_mode: buffered`, and a reorg rewrites several tables at once; "
            "publish it with `write_mode: direct`, or without a word."
        )
    return kept is Keeping.DIRECT
