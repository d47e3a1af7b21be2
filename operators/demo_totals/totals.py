"""Exact sums per bucket. What comes in batches is added up in Python's numbers, which have no end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

READ = ("block_number", "gas_used", "base_fee_per_gas", "transaction_count")
_WORD = 32


@dataclass
class Total:
    first: int
    last: int
    blocks: int = 0
    transactions: int = 0
    gas: int = 0
    fees: int = 0


class Totals:
    def __init__(self, bucket: int) -> None:
        self._bucket = bucket
        self._of: dict[int, Total] = {}

    def add(self, blocks: pa.RecordBatch) -> None:
        for row in _grouped(blocks, self._bucket).to_pylist():
            first, last = row["block_number_min"], row["block_number_max"]
            total = self._of.setdefault(row["bucket"], Total(first, last))
            total.first, total.last = min(total.first, first), max(total.last, last)
            total.blocks += row["block_number_count"]
            total.transactions += row["transaction_count_sum"]
            total.gas += int(row["gas_used_sum"])
            total.fees += int(row["fees_sum"] or 0)

    def table(self) -> pa.Table:
        """In the order of blocks."""
        import pyarrow as pa

        rows = [self._of[bucket] for bucket in sorted(self._of)]
        return pa.table({
            "first_block": pa.array([one.first for one in rows], pa.uint32()),
            "last_block": pa.array([one.last for one in rows], pa.uint32()),
            "blocks": pa.array([one.blocks for one in rows], pa.uint32()),
            "transaction_count": pa.array([one.transactions for one in rows], pa.uint64()),
            "gas_used": pa.array([one.gas for one in rows], pa.decimal128(38)),
            "base_fees": pa.array([one.fees.to_bytes(_WORD, "big") for one in rows], pa.binary(_WORD)),
        })  # fmt: skip


def _grouped(blocks: pa.RecordBatch, bucket: int) -> pa.Table:
    """Sums of one batch: 64 bits hold its transactions, and decimals the rest."""
    import pyarrow as pa
    import pyarrow.compute as pc

    gas, fee = (blocks.column(name).cast(pa.decimal256(20)) for name in ("gas_used", "base_fee_per_gas"))
    numbers = blocks.column("block_number")
    table = pa.table({
        "bucket": pc.divide(numbers, pa.scalar(bucket, numbers.type)), "block_number": numbers,
        "transaction_count": blocks.column("transaction_count").cast(pa.uint64()), "gas_used": gas, "fees": pc.multiply(gas, fee),
    })  # fmt: skip
    return table.group_by("bucket", use_threads=False).aggregate([
        ("block_number", "min"), ("block_number", "max"), ("block_number", "count"), ("transaction_count", "sum"),
        ("gas_used", "sum"), ("fees", "sum"),
    ])  # fmt: skip
