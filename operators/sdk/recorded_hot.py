"""Tables of the testing kit that an operator reads: rows that a test hands over, in the types of files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from operators.sdk.errors import ConfigurationError
from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there


class RecordedHot:
    """A `Hot`. `moved`: ranges that were deleted from it since they lie in files."""

    def __init__(
        self,
        rows: pa.Table,
        *,
        name: str = "hot",
        unique: Sequence[str] = (),
        moved: Sequence[Range] = (),
        is_settled: bool = False,
        batch_rows: int = 1_000,
    ) -> None:
        self.name, self.unique, self.is_settled = name, unique, is_settled
        self._rows, self._moved, self._batch_rows = rows, moved, batch_rows

    @property
    def schema(self) -> pa.Schema:
        return self._rows.schema

    def rows(
        self, within: Range, *, key: str = "block_number", columns: Sequence[str] | None = None, order_by: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        found = self._within(within, key)
        if order_by:
            found = found.sort_by([(name, "ascending") for name in order_by])
        wanted = found if columns is None else found.select(list(columns))
        yield from wanted.combine_chunks().to_batches(self._batch_rows)

    def count(self, within: Range, *, key: str = "block_number") -> int:
        return int(self._within(within, key).num_rows)

    def bounds(self, key: str = "block_number") -> Range | None:
        import pyarrow.compute as pc

        found = pc.min_max(self._column(key)).as_py()
        return None if found["min"] is None else Range(found["min"], found["max"])

    def moved(self, within: Range) -> Sequence[Range]:
        return [one for one in self._moved if one.start <= within.end and one.end >= within.start]

    def _within(self, within: Range, key: str) -> pa.Table:
        import pyarrow.compute as pc

        numbers = self._column(key)
        return self._rows.filter(pc.and_(pc.greater_equal(numbers, within.start), pc.less_equal(numbers, within.end)))

    def _column(self, key: str) -> pa.ChunkedArray:
        if key not in self._rows.column_names:
            raise ConfigurationError(f"{self.name} has no column {key}; it has {', '.join(self._rows.column_names)}.")
        return self._rows.column(key)
