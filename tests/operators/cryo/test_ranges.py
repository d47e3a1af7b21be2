"""A range becomes files: their names, their bytes, what they may be, and what is said where they cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from operators.cryo_ingest.cryo_engine import CryoEngine
from operators.cryo_ingest.operator import CryoIngest
from operators.cryo_ingest.own import OWN, OwnEngine
from operators.sdk.errors import ConfigurationError, InputError, NotYet, Retry
from operators.sdk.json_rpc import direct
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Done
from tests.fixtures.chain import Node
from tests.operators.cryo.makers import asked_for, fetched


@pytest.mark.parametrize(
    "dataset", ["blocks", "transactions", "logs", "traces", "vm_traces", "erc20_transfers", "native_transfers"]
)
def test_the_same_range_twice_is_the_same_bytes(chain: Node, dataset: str) -> None:
    within = Range(0, chain.head)
    first, second = (fetched(chain.rpc, dataset, within).store.manifest(0, within).files for _ in range(2))

    assert first == second
    assert sum(file.rows for file in first)


def test_files_have_the_names_that_cryo_gives_them_and_the_range_is_told_of_as_it_goes_on(chain: Node) -> None:
    task = fetched(chain.rpc, "blocks", Range(0, 16))

    manifest = task.store.manifest(0, Range(0, 16))
    assert [file.name for file in manifest.files] == [
        f"network_31337__blocks__{start:08d}_to_{end:08d}.parquet" for start, end in ((0, 6), (7, 13), (14, 16))
    ]
    assert (manifest.rows, manifest.key, manifest.key_min, manifest.key_max) == (17, "block_number", 0, 16)
    assert task.progressed == [Done(7, 17, "0-16"), Done(14, 17, "0-16"), Done(17, 17, "0-16")]
    assert (task.metrics["rows"], task.metrics["blocks"], task.metrics["requests"]) == (17, 17, 19)
    assert task.metrics["blocks_per_second"] > 0


def test_the_genesis_and_blocks_without_anything_are_a_partition_too(chain: Node) -> None:
    for dataset in OWN:
        task = fetched(chain.rpc, dataset, Range(0, 1))
        assert task.store.read(0, Range(0, 1)).num_rows == (2 if dataset == "blocks" else 0)


def test_a_block_with_thousands_of_logs_comes_whole(node: Node) -> None:
    node.deployed()
    head = node.scatter(5_000)
    logs = fetched(node.rpc, "logs", Range(0, head)).store.read(0, Range(0, head))

    assert logs["log_index"].to_pylist()[-5_000:] == list(range(5_000))


def test_columns_are_left_out_and_rows_sorted_as_the_config_says(chain: Node) -> None:
    within = Range(0, chain.head)
    config: Any = {"exclude_columns": ["value_f64", "input"], "u256_types": ["string"], "sort_by": ["gas_used"]}
    table = fetched(chain.rpc, "transactions", within, chunk_size=100, **config).store.read(0, within)

    assert not {"value_f64", "input", "value_binary"} & set(table.column_names)
    rows = table.to_pylist()
    assert rows == sorted(rows, key=lambda row: row["gas_used"])  # as it keeps the order of what is equal


def test_subjects_choose_rows(chain: Node) -> None:
    within = Range(0, chain.head)
    every = fetched(chain.rpc, "logs", within).store.read(0, within).to_pylist()
    token, topic = every[0]["address"], every[-1]["topic0"]
    chosen = fetched(
        chain.rpc, "logs", within, subjects={"addresses": [f"0x{token.hex()}"], "topic0": [f"0x{topic.hex()}"]}
    ).store.read(0, within)
    assert chosen.to_pylist() == [row for row in every if (row["address"], row["topic0"]) == (token, topic)]

    sent = fetched(chain.rpc, "transactions", within).store.read(0, within).to_pylist()
    sender = sent[0]["from_address"]
    of_one = fetched(chain.rpc, "transactions", within, subjects={"from_addresses": [f"0x{sender.hex()}"]}).store.read(0, within)
    assert of_one.to_pylist() == [row for row in sent if row["from_address"] == sender]


def test_each_of_several_ranges_is_a_partition(chain: Node) -> None:
    task = fetched(chain.rpc, "blocks", Range(0, 4), Range(9, 12))

    assert [task.store.manifest(0, one).rows for one in (Range(0, 4), Range(9, 12))] == [5, 4]


def test_without_a_range_it_says_what_to_wire(chain: Node) -> None:
    task = asked_for(chain.rpc, "blocks")
    task.arrived = [Arrived(0, Event(0, cursor=5))]
    with pytest.raises(ConfigurationError, match="range_splitter"):
        CryoIngest().run(task)


def test_a_range_beyond_the_tip_waits_for_the_blocks(chain: Node) -> None:
    with pytest.raises(NotYet, match=rf"at block {chain.head:,}, and the range 0-{chain.head + 1} goes beyond it"):
        fetched(chain.rpc, "blocks", Range(0, chain.head + 1))


def test_a_pool_of_another_chain_is_refused(chain: Node) -> None:
    with pytest.raises(ConfigurationError, match="is of chain 31337, and this job says chain 1"):
        fetched(chain.rpc, "blocks", Range(0, 1), chain_id=1)


def test_too_many_files_name_the_chunk_size_that_would_do(chain: Node) -> None:
    with pytest.raises(ConfigurationError, match="set chunk_size to 40 or more"):
        fetched(chain.rpc, "blocks", Range(0, 9_999), chunk_size=10)


def test_a_height_that_no_column_holds_is_refused(chain: Node) -> None:
    with pytest.raises(InputError, match="goes beyond block"):
        fetched(chain.rpc, "blocks", Range(2**32 - 5, 2**32))


def test_a_file_that_would_be_too_large_asks_for_a_smaller_chunk_size_and_nothing_is_published(chain: Node) -> None:
    task = asked_for(chain.rpc, "logs", Range(0, chain.head), chunk_size=100)
    with pytest.raises(ConfigurationError, match="set chunk_size below the 100 blocks"):
        CryoIngest(most_file_bytes=2_000).run(task)
    assert task.store.published == []


def test_a_range_that_would_be_too_large_says_how_many_blocks_do(chain: Node) -> None:
    task = asked_for(chain.rpc, "logs", Range(0, chain.head))
    with pytest.raises(ConfigurationError, match=r"about \d+ blocks do"):
        CryoIngest(most_range_bytes=9_000).run(task)
    assert task.store.published == []


@pytest.mark.parametrize("choose", [OwnEngine, CryoEngine])
def test_a_cancelled_task_publishes_nothing(chain: Node, choose: type) -> None:
    task = asked_for(chain.rpc, "traces", Range(0, chain.head))
    task.cancel_after(0)
    with pytest.raises(Retry, match="asked to stop"):
        CryoIngest(choose).run(task)
    assert task.store.published == []


def test_a_node_that_is_away_is_for_another_attempt() -> None:
    with pytest.raises(Retry):
        fetched(direct("http://127.0.0.1:9", chain_id=31337), "blocks", Range(0, 1))
