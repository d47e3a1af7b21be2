"""How an operator writes rows of outputs that are tables: handed to a sink with `task.buffer`, or by itself with `task.table`.

task.buffer.write(0, rows)

table = task.table(0)
table.upsert(rows)
table.replace(Range(0, 999), rows, key="block_number")
task.emit(Event(0, range=Range(0, 999)))
task.flush()

task.replace([Replacement(0, Range(7, 7), blocks, "block_number"), Replacement(1, Range(7, 7), transactions, "block_number")])
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Union

from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa

# Of pyarrow, or a mapping for each row: numbers also as their digits, bytes also as `0x` and hexadecimal digits.
Rows = Union["pa.Table", "pa.RecordBatch", Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Replacement:
    """Of one output: in place of all rows whose column `key` is in the range come these, which must be in it as well."""

    output: int
    scope: Range
    rows: Rows
    key: str


class Buffer(Protocol):
    """Rows are written by the sink after the task has handed them over, in batches that are taken whole or not at all. The platform
    tells who listens of each batch that is in the table, so nothing is emitted.
    """

    def write(self, output: int, rows: Rows) -> None:
        """Kept until there are enough for a batch; what is left goes at the next `flush`, and at the end of the task. Raises
        Retry where the platform or the object store is away.
        """


class Table(Protocol):
    """Every call is one transaction: all its rows are there when it returns, and none when it raises. Rows that do not fit raise
    InputError with row and reason; a database that is away, or another attempt that has taken over, Retry.
    """

    def upsert(self, rows: Rows | Iterator[Rows]) -> int:
        """By the unique key of the table; of a job that appends the first row of a key stays. How many rows came."""

    def newest(self, columns: Sequence[str], *, key: str, count: int) -> list[tuple[Any, ...]]:
        """What the table holds now, by the highest values of `key`, the highest first."""

    def moved(self, within: Range) -> Sequence[Range]:
        """Ranges of blocks that meet it and were compacted, so that rows of them were deleted. Who replaces the whole of one has it again."""

    def replace(self, scope: Range | int | str, rows: Rows | Iterator[Rows], *, key: str) -> int:
        """In place of all whose column `key` is in the range, or is that value; the rows must be as well. How many came."""
