"""Blocks of no chain: made from their number and the config alone, and they link."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.demo_blocks.chain import LAST_BLOCK, STRETCH, blocks
from operators.demo_blocks.config import DemoBlocksConfig
from operators.demo_blocks.declaration import DECLARATION
from operators.demo_blocks.operator import DemoBlocks
from operators.sdk.errors import ConfigurationError, InputError, Retry
from operators.sdk.recorded_store import RecordedStore
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Done, Recording


def made(*ranges: Range, config: DemoBlocksConfig | None = None) -> Recording[DemoBlocksConfig]:
    arrived = [Arrived(0, Event(0, range=one)) for one in ranges]
    task = Recording(config or DemoBlocksConfig(), arrived=arrived, store=RecordedStore(DECLARATION.outputs))
    DemoBlocks().run(task)
    return task


def table(within: Range, config: DemoBlocksConfig | None = None) -> pa.Table:
    return made(within, config=config).store.read(0, within)


def test_a_range_is_a_partition_of_the_columns_that_are_declared() -> None:
    within = Range(100, 199)
    task = made(within)

    manifest = task.store.manifest(0, within)
    assert [field.name for field in manifest.schema] == [column.name for column in DECLARATION.outputs[0].columns]
    assert (manifest.rows, manifest.key, manifest.key_min, manifest.key_max) == (100, "block_number", 100, 199)
    assert [file.name for file in manifest.files] == ["blocks_100_199.parquet"]
    assert (task.emitted, task.metrics["rows"], task.progressed) == ([], 100, [Done(100, 100, "100-199")])


def test_the_same_range_twice_is_the_same_bytes() -> None:
    within = Range(5, 200_000)

    assert made(within).store.manifest(0, within).files == made(within).store.manifest(0, within).files


@pytest.mark.parametrize("other", [{"seed": 2}, {"chain_id": 5}, {"gas_limit": 1_000}], ids=str)
def test_another_config_makes_another_chain(other: dict[str, int]) -> None:
    one, two = table(Range(0, 99)), table(Range(0, 99), DemoBlocksConfig(**other))

    assert not set(one["block_hash"].to_pylist()) & set(two["block_hash"].to_pylist())
    assert one["gas_used"] != two["gas_used"]


@settings(deadline=None, max_examples=25)
@given(start=st.integers(0, LAST_BLOCK - 3 * STRETCH), length=st.integers(2, 2 * STRETCH), cut=st.floats(0, 1))
def test_a_block_is_the_same_in_whatever_range_it_comes(start: int, length: int, cut: float) -> None:
    config, end = DemoBlocksConfig(), start + length - 1
    middle = min(start + int(cut * length), end - 1)

    whole = blocks(config, start, end)
    assert whole == pa.concat_tables([blocks(config, start, middle), blocks(config, middle + 1, end)])
    assert whole["block_hash"].to_pylist()[:-1] == whole["parent_hash"].to_pylist()[1:]


def test_two_ranges_link() -> None:
    first, second = table(Range(0, 999)), table(Range(1000, 1999))

    assert second["parent_hash"][0] == first["block_hash"][-1]
    assert first["parent_hash"][0].as_py() == bytes(32)


def test_a_million_blocks_are_all_there_and_no_two_are_the_same() -> None:
    within = Range(0, 999_999)
    found = table(within)

    assert pc.count_distinct(found["block_hash"]).as_py() == 1_000_000
    assert found["block_number"].to_pylist() == list(range(1_000_000))
    assert pc.max(found["gas_used"]).as_py() < 30_000_000
    # No loop of Python's sees whether they link: the hashes of one are those of the other, one later.
    assert found["parent_hash"].slice(1).equals(found["block_hash"].slice(0, 999_999))


def test_the_last_block_that_fits_is_made_and_the_next_is_refused() -> None:
    assert table(Range(LAST_BLOCK, LAST_BLOCK))["block_number"].to_pylist() == [LAST_BLOCK]
    with pytest.raises(InputError, match="start with lower blocks"):
        made(Range(LAST_BLOCK, LAST_BLOCK + 1))


def test_a_range_that_arrived_twice_is_made_once() -> None:
    assert len(made(Range(0, 9), Range(0, 9), Range(10, 19)).store.published) == 2


def test_without_a_range_the_job_is_wired_wrongly() -> None:
    for arrived in ([], [Arrived(0, Event(0, cursor=5))]):
        with pytest.raises(ConfigurationError, match="range_splitter"):
            DemoBlocks().run(Recording(DemoBlocksConfig(), arrived=arrived))


def test_half_a_partition_is_not_published() -> None:
    task = Recording(DemoBlocksConfig(), arrived=[Arrived(0, Event(0, range=Range(0, 9)))])
    task.cancel_after(0)

    with pytest.raises(Retry, match="asked to stop"):
        DemoBlocks().run(task)
    assert task.store.published == []
