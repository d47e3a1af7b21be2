"""Whether the rows of a range are all there and of one fork, told batch by batch. They come in the order of blocks.

Of blocks: each exactly once, and each the child of the one before. Of transactions and logs, which number themselves in their block:
from 0 without a hole. Of anything: one chain, one hash per block, no key twice. What is wrong may be right at the next look, so
it is a Retry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from operators.sdk.errors import InputError, Retry
from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

_BLOCK, _HASH, _PARENT, _CHAIN = "block_number", "block_hash", "parent_hash", "chain_id"
_MOST_TOLD = 5


class Wholeness:
    """`take` every batch, then `finish`."""

    def __init__(self, schema: pa.Schema, within: Range, *, chain_id: int, unique: Sequence[str]) -> None:
        names = schema.names
        self.rows = 0
        self._within, self._chain_id = within, chain_id
        self._has_hash, self._is_blocks = _HASH in names, _PARENT in names
        self._place = _place(names)
        self._key = [_BLOCK, self._place] if self._place else [_BLOCK] if self._is_blocks else list(unique)
        self._looked_at = [name for name in dict.fromkeys([_BLOCK, _HASH, *self._key]) if name in names]
        # Rows of the last block so far, which the next batch may go on with.
        self._open: pa.Table | None = None
        self._next, self._parent = within.start, b""
        self._absent: list[int] = []
        self._absent_count = 0

    def take(self, batch: pa.RecordBatch) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if batch.num_rows == 0:
            return
        self.rows += batch.num_rows
        self._check_chain(batch)
        if self._is_blocks:
            self._follow(batch)
        rows = pa.Table.from_batches([batch]).select(self._looked_at)
        if self._open is not None:
            rows = pa.concat_tables([self._open, rows])
        last = rows.column(_BLOCK)[-1].as_py()
        is_open = pc.equal(rows.column(_BLOCK), last)
        self._open = rows.filter(is_open)
        self._check(rows.filter(pc.invert(is_open)))

    def finish(self) -> None:
        if self._open is not None:
            self._check(self._open)
        if self._is_blocks:
            self._miss(self._next, self._within.end)
            if self._absent_count:
                more = f" and {self._absent_count - len(self._absent):,} more" if self._absent_count > len(self._absent) else ""
                raise Retry(
                    f"{self._absent_count:,} blocks of {self._within.key} are missing: {_listed(self._absent)}{more}."
                    " It is compacted when whoever follows the chain has filled them in."
                )

    def _check_chain(self, batch: pa.RecordBatch) -> None:
        import pyarrow.compute as pc

        others = [one for one in pc.unique(batch.column(_CHAIN)).to_pylist() if one != self._chain_id]
        if others:
            raise InputError(
                f"There are rows of chain {others[0]} in {self._within.key}, and `chain_id` says {self._chain_id}: name the table of that chain."
            )

    def _follow(self, blocks: pa.RecordBatch) -> None:
        for number, own, parent in zip(*(blocks.column(name).to_pylist() for name in (_BLOCK, _HASH, _PARENT)), strict=True):
            if number < self._next:
                raise Retry(f"Block {number:,} is there twice.")
            self._miss(self._next, number - 1)
            if self._parent and number == self._next and parent != self._parent:
                raise Retry(f"Block {number:,} does not follow the block before it: it is of another fork.")
            self._next, self._parent = number + 1, own

    def _miss(self, first: int, last: int) -> None:
        if last >= first:
            self._absent_count += last - first + 1
            self._absent += range(first, min(last, first + _MOST_TOLD - len(self._absent) - 1) + 1)
            self._parent = b""

    def _check(self, rows: pa.Table) -> None:
        """Of blocks that are there with all their rows."""
        if rows.num_rows == 0:
            return
        if self._has_hash:
            self._check_forks(rows)
        if self._key:
            self._check_keys(rows)
        if self._place:
            self._check_places(rows, self._place)

    def _check_forks(self, rows: pa.Table) -> None:
        pairs = rows.select([_BLOCK, _HASH]).group_by([_BLOCK, _HASH], use_threads=False).aggregate([])
        if twice := _twice(pairs, [_BLOCK]):
            raise Retry(f"Block {twice[0]:,} has rows of two forks.")

    def _check_keys(self, rows: pa.Table) -> None:
        if twice := _twice(rows.select(self._key), self._key):
            said = ", ".join(f"{name} {_shown(value)}" for name, value in zip(self._key, twice, strict=True))
            raise Retry(f"There are two rows with {said}.")

    def _check_places(self, rows: pa.Table, place: str) -> None:
        import pyarrow.compute as pc

        found = rows.group_by(_BLOCK, use_threads=False).aggregate([(place, "max"), (place, "count")])
        holes = found.filter(pc.not_equal(pc.add(found[f"{place}_max"].cast("int64"), 1), found[f"{place}_count"]))
        if holes.num_rows:
            first = holes.sort_by(_BLOCK).slice(0, 1).to_pylist()[0]
            raise Retry(
                f"Block {first[_BLOCK]:,} has {first[f'{place}_count']:,} rows, and its last {place} is {first[f'{place}_max']:,}: some are missing."
            )


def _place(names: Sequence[str]) -> str:
    """The column by which rows number themselves in their block; none of traces, which are trees, and of what is no chain's."""
    if "log_index" in names:
        return "log_index"
    return "transaction_index" if "nonce" in names and "transaction_index" in names else ""


def _twice(rows: pa.Table, key: Sequence[str]) -> list[Any]:
    """The values of the first key that is there more than once."""
    import pyarrow.compute as pc

    counted = rows.group_by(list(key), use_threads=False).aggregate([([], "count_all")])
    several = counted.filter(pc.greater(counted["count_all"], 1))
    return [several.column(name)[0].as_py() for name in key] if several.num_rows else []


def _shown(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(f"{one:,}" for one in numbers)
