"""How an operator reads a dataset that is kept in a table, and that its config names: `task.hot(name)`.

hot = task.hot(task.config.hot_dataset)
for batch in hot.rows(Range(0, 999), order_by=["block_number", "log_index"]):
    ...

All that a task reads of tables is of one moment, that of its first look; what is written meanwhile is another task's to read. Rows
have the types that they have in files: hashes and 256 bits as bytes, numbers without a sign where they have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa


class Hot(Protocol):
    """`key` is the column of whole numbers that a range is of. Raises Retry where the database is away."""

    @property
    def name(self) -> str: ...

    @property
    def schema(self) -> pa.Schema:
        """Of all its columns, as `rows` hands them out."""

    @property
    def unique(self) -> Sequence[str]:
        """Columns by which no two rows are alike; empty where nothing keeps them so."""

    def rows(
        self, within: Range, *, key: str = "block_number", columns: Sequence[str] | None = None, order_by: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """No more than a batch of them is held in memory. The same rows in the same order are the same batches. Read them to
        their end before the next question to a table.
        """

    def count(self, within: Range, *, key: str = "block_number") -> int: ...

    def bounds(self, key: str = "block_number") -> Range | None:
        """The smallest and the largest; None of an empty table."""

    @property
    def is_settled(self) -> bool:
        """Of a job whose config takes rows from it: what the task is to make is there, and nothing was taken back since that was begun."""

    def moved(self, within: Range) -> Sequence[Range]:
        """What of it was deleted from the table since it lies in files, range by range, in order."""
