"""What our own calls make is what cryo 0.3.2 makes of the same node: columns, types, values, and in the end bytes."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq
import pytest

from operators.cryo_ingest.config import CryoIngestConfig
from operators.cryo_ingest.cryo_engine import CryoEngine
from operators.cryo_ingest.cryo_process import run_cryo
from operators.cryo_ingest.own import OwnEngine
from operators.sdk.arrow_names import fits
from operators.sdk.task import Range
from tests.fixtures.chain import Node
from tests.fixtures.varied_chain import MOST, RICH
from tests.operators.cryo.makers import fetched

ALL = ("blocks", "transactions", "logs", "traces")
CONFIGS: tuple[dict[str, Any], ...] = (
    {},
    {"hex": True, "u256_types": ["string", "binary"]},
    {"compression": {"codec": "lz4"}},
)


@pytest.mark.parametrize("config", CONFIGS, ids=["plain", "hex", "lz4"])
@pytest.mark.parametrize("dataset", ALL)
def test_both_engines_write_the_same_bytes(chain: Node, dataset: str, config: dict[str, Any]) -> None:
    within = Range(0, chain.head)
    ours = fetched(chain.rpc, dataset, within, choose=OwnEngine, **config)
    cryos = fetched(chain.rpc, dataset, within, choose=CryoEngine, **config)

    assert ours.store.read(0, within).equals(cryos.store.read(0, within))
    assert ours.store.manifest(0, within).files == cryos.store.manifest(0, within).files


@pytest.mark.parametrize(
    ("dataset", "included"),
    [
        ("blocks", ["state_root", "transactions_root", "receipts_root", "logs_bloom", "total_difficulty", "size"]),
        ("transactions", ["timestamp", "block_hash"]),
    ],
)
def test_columns_that_are_asked_for_are_the_same_too(chain: Node, dataset: str, included: list[str]) -> None:
    within = Range(0, chain.head)
    ours = fetched(chain.rpc, dataset, within, choose=OwnEngine, include_columns=included).store.read(0, within)

    assert ours.equals(fetched(chain.rpc, dataset, within, choose=CryoEngine, include_columns=included).store.read(0, within))
    assert set(included) <= {name.removesuffix("_binary") for name in ours.column_names}


@pytest.mark.parametrize("dataset", ALL)
def test_a_file_holds_what_cryos_own_file_holds_under_the_same_name(chain: Node, dataset: str, tmp_path: object) -> None:
    within = Range(0, 6)
    task = fetched(chain.rpc, dataset, within, choose=OwnEngine)
    asked = {"blocks": ["0:7"], "chunk_size": 7, "rpc": chain.url, "output_dir": str(tmp_path), "columns": ["all"]}
    run_cryo({"dataset": dataset, "asked": asked}, is_cancelled=lambda: False)

    (file,) = task.store.manifest(0, within).files
    theirs = pq.read_table(f"{tmp_path}/{file.name}")
    ours = task.store.read(0, within)
    assert theirs.select(ours.column_names).equals(ours)


@pytest.mark.parametrize("config", CONFIGS, ids=["plain", "hex", "lz4"])
@pytest.mark.parametrize("dataset", ALL)
def test_the_columns_are_those_that_the_config_promises(chain: Node, dataset: str, config: dict[str, Any]) -> None:
    within = Range(0, chain.head)
    task = fetched(chain.rpc, dataset, within, choose=OwnEngine, **config)
    promised = CryoIngestConfig.model_validate(task.config.model_dump()).file_columns

    schema = task.store.read(0, within).schema
    assert schema.names == [one.name for one in promised]
    assert all(fits(one.type.value, str(schema.field(one.name).type)) for one in promised)


def test_the_chain_of_these_tests_has_what_they_are_about(chain: Node) -> None:
    within = Range(0, chain.head)
    sent = fetched(chain.rpc, "transactions", within).store.read(0, within).to_pylist()
    traces = fetched(chain.rpc, "traces", within).store.read(0, within).to_pylist()
    numbers = {one["block_number"] for one in sent}

    assert {one["transaction_type"] for one in sent} >= {0, 1, 2}
    assert {one["success"] for one in sent} == {True, False}
    assert any(one["to_address"] is None for one in sent)
    assert any(one["value_string"] == "0" for one in sent)
    (most,) = [one for one in sent if one["from_address"].hex() == RICH[2:]]
    assert (most["value_string"], most["value_binary"]) == (str(MOST), b"\xff" * 32)
    assert set(range(1, chain.head + 1)) - numbers, "there are empty blocks"
    assert {one["action_call_type"] for one in traces} >= {"call", "call_code", "delegate_call", "static_call"}
    assert {one["action_type"] for one in traces} >= {"call", "create", "suicide"}
    assert any(one["error"] for one in traces)
