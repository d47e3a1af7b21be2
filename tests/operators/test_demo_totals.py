"""Sums of blocks: exact, the same in whatever pieces the blocks come, and for the range that was read."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.demo_blocks.chain import blocks
from operators.demo_blocks.config import DemoBlocksConfig
from operators.demo_totals.config import DemoTotalsConfig
from operators.demo_totals.declaration import DECLARATION
from operators.demo_totals.operator import DemoTotals
from operators.sdk.errors import InputError
from operators.sdk.recorded_inputs import RecordedInputs
from operators.sdk.recorded_store import RecordedStore
from operators.sdk.task import Range
from operators.sdk.testing import Recording

CONFIG = DemoBlocksConfig(gas_limit=2**32 - 1)


def made(*ranges: Range, bucket: int = 100, change: pa.Table | None = None) -> Recording[DemoTotalsConfig]:
    tables: dict[Range | str, pa.Table] = {one: blocks(CONFIG, one.start, one.end) for one in ranges}
    if change is not None:
        tables = {ranges[0]: change}
    task = Recording(
        DemoTotalsConfig(bucket=bucket),
        inputs=RecordedInputs(tables, key="block_number"),
        store=RecordedStore(DECLARATION.outputs),
    )
    DemoTotals().run(task)
    return task


def by_hand(within: Range, bucket: int) -> list[dict[str, object]]:
    rows = blocks(CONFIG, within.start, within.end).to_pylist()
    found: dict[int, list[dict[str, int]]] = {}
    for row in rows:
        found.setdefault(row["block_number"] // bucket, []).append(row)
    return [
        {
            "first_block": some[0]["block_number"], "last_block": some[-1]["block_number"], "blocks": len(some),
            "transaction_count": sum(one["transaction_count"] for one in some), "gas_used": sum(one["gas_used"] for one in some),
            "base_fees": sum(one["gas_used"] * one["base_fee_per_gas"] for one in some).to_bytes(32, "big"),
        }
        for _, some in sorted(found.items())
    ]  # fmt: skip


@settings(deadline=None, max_examples=20)
@given(start=st.integers(0, 5_000), length=st.integers(1, 3_000), bucket=st.integers(1, 1_000))
def test_sums_are_those_of_the_blocks_one_by_one(start: int, length: int, bucket: int) -> None:
    within = Range(start, start + length - 1)

    assert made(within, bucket=bucket).store.read(0, within).to_pylist() == by_hand(within, bucket)


def test_a_partition_is_of_the_range_that_was_read_and_names_its_key() -> None:
    manifest = made(Range(150, 449)).store.manifest(0, Range(150, 449))

    assert (manifest.rows, manifest.key, manifest.key_min, manifest.key_max) == (4, "first_block", 150, 400)
    assert [field.name for field in manifest.schema] == [column.name for column in DECLARATION.outputs[0].columns]


def test_several_partitions_are_one_over_all_of_them() -> None:
    whole, pieces = Range(0, 999), [Range(0, 249), Range(250, 549), Range(550, 999)]

    assert made(*pieces).store.read(0, whole) == made(whole).store.read(0, whole)


def test_the_same_blocks_twice_are_the_same_bytes() -> None:
    within = Range(5, 100_000)

    assert made(within).store.manifest(0, within).files == made(within).store.manifest(0, within).files


def test_sums_beyond_64_bits_are_exact() -> None:
    most = 2**64 - 1
    table = blocks(CONFIG, 0, 2)
    for name in ("gas_used", "base_fee_per_gas"):
        at = table.column_names.index(name)
        table = table.set_column(at, table.schema.field(name), pa.array([most] * 3, pa.uint64()))

    (row,) = made(Range(0, 2), change=table).store.read(0, Range(0, 2)).to_pylist()

    assert row["gas_used"] == 3 * most
    assert int.from_bytes(row["base_fees"], "big") == 3 * most * most


def test_blocks_without_a_base_fee_have_none() -> None:
    table = blocks(CONFIG, 0, 2)
    at = table.column_names.index("base_fee_per_gas")
    table = table.set_column(at, table.schema.field(at), pa.array([None] * 3, pa.uint64()))

    (row,) = made(Range(0, 2), change=table).store.read(0, Range(0, 2)).to_pylist()

    assert (row["blocks"], int.from_bytes(row["base_fees"], "big")) == (3, 0)


def test_where_nothing_is_left_nothing_is_written() -> None:
    task = made()

    assert [line.level for line in task.log.lines] == ["warning"]
    assert task.store.published == []


def test_a_partition_that_is_no_range_is_refused_in_words() -> None:
    task = Recording(DemoTotalsConfig(), inputs=RecordedInputs({"x": blocks(CONFIG, 0, 9)}))

    with pytest.raises(InputError, match="sums up ranges of blocks"):
        DemoTotals().run(task)
