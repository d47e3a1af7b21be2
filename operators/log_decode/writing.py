"""Where decoded rows go: each event to its own output, which its DAG keeps as partitions or as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol

from operators.log_decode.config import LogDecodeConfig
from operators.sdk.chain.decoding import Form
from operators.sdk.errors import ConfigurationError, InputError
from operators.sdk.tables import Replacement
from operators.sdk.task import Range, TaskContext
from operators.sdk.words import Keeping

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

KEY = "block_number"
_TABLES = {Keeping.DIRECT, Keeping.BUFFERED}
Task = TaskContext[LogDecodeConfig]


class Writes(Protocol):
    def write(self, output: int, rows: pa.Table) -> None: ...

    def fill(self, empty: Callable[[int], pa.Table]) -> None:
        """The columns of what got no rows."""


class Outputs:
    """One per event of the ABI, as far as the DAG takes them."""

    def __init__(self, task: Task) -> None:
        self._task = task
        found = {number: kept for number in range(len(task.config.abi)) if (kept := _kept(task, number))}
        self._kept: Mapping[int, Keeping] = {number: kept for number, kept in found.items() if kept is not Keeping.NOTHING}
        if not self._kept:
            raise ConfigurationError("No output of this job is published; publish one, which is the event of its place in `abi`.")

    @property
    def forms(self) -> dict[int, Form]:
        return {number: Form.TABLE if kept in _TABLES else Form.FILE for number, kept in self._kept.items()}

    @property
    def tables(self) -> list[int]:
        """Those that this task writes itself."""
        return [number for number, kept in self._kept.items() if kept is Keeping.DIRECT]

    @contextmanager
    def of(self, scope: Range | str) -> Iterator[Writes]:
        """What the scope held before is replaced when it is left without an exception."""
        with ExitStack() as opened:
            writer = _Writer(self._task, self._kept, scope, opened)
            yield writer
            writer.replace()


class _Writer:
    def __init__(self, task: Task, kept: Mapping[int, Keeping], scope: Range | str, opened: ExitStack) -> None:
        self._task, self._kept, self._scope = task, kept, scope
        within = scope if isinstance(scope, Range) else None
        if within is None and Keeping.DIRECT in kept.values():
            raise InputError(
                f"The partition {scope} is no range of blocks, which a table is written by; publish it with `storage: s3`."
            )
        named = None if isinstance(scope, Range) else scope
        self._partitions = {
            number: opened.enter_context(task.store.partition(number, range=within, partition_key=named, key=KEY if within else None))
            for number, one in kept.items() if one is Keeping.PARTITIONS
        }  # fmt: skip
        self._rows: dict[int, list[pa.Table]] = {number: [] for number, one in kept.items() if one is Keeping.DIRECT}

    def write(self, output: int, rows: pa.Table) -> None:
        if output in self._partitions:
            self._partitions[output].write(rows)
        elif output in self._rows:
            self._rows[output].append(rows)
        else:
            self._task.buffer.write(output, rows)

    def fill(self, empty: Callable[[int], pa.Table]) -> None:
        for output, partition in self._partitions.items():
            partition.write(empty(output))
        for output, rows in self._rows.items():
            rows.append(empty(output))

    def replace(self) -> None:
        """All events at once: who joins them never sees one with and another without a block."""
        import pyarrow as pa

        if self._rows and isinstance(self._scope, Range):
            changes = [Replacement(output, self._scope, pa.concat_tables(rows), KEY) for output, rows in self._rows.items()]
            self._task.replace(changes)


def _kept(task: Task, output: int) -> Keeping | None:
    """None of one that the job has not."""
    try:
        kept = task.keeping(output)
    except ConfigurationError:
        return None
    follows = task.config.hot_dataset is not None and any(one.event.cursor is not None for one in task.arrived)
    if kept is Keeping.PARTITIONS and follows:
        raise ConfigurationError(
            f"Output {output} is kept as partitions, and blocks arrive one by one; publish it with `storage: postgres`, or put a range_aggregator before."
        )
    if kept is Keeping.BUFFERED and any(one.invalidation for one in task.arrived):
        raise ConfigurationError(
            f"Output {output} is published with `write_mode: buffered`, and a reorg takes rows away, which a sink never does; "
            "publish it with `write_mode: direct`, or without a word."
        )
    return kept
