"""Columns of cryo's that a config may ask for beside its default ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from operators.cryo_ingest.config import CryoIngestConfig
from operators.sdk.chain.decoding import Json, word_bytes
from operators.sdk.chain.quick_logs import hex_column

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

_OF_BLOCKS = {
    "state_root": "stateRoot", "transactions_root": "transactionsRoot", "receipts_root": "receiptsRoot", "logs_bloom": "logsBloom",
}  # fmt: skip


def with_extras(table: pa.Table, config: CryoIngestConfig, blocks: Sequence[Json]) -> pa.Table:
    """The table, and those of its dataset that the config includes."""
    makers: Mapping[str, Any] = {"blocks": _of_blocks, "transactions": _of_transactions}
    for name in config.include_columns:
        # What places a row is there in any case.
        made = {} if name in table.column_names else makers[config.cryo_dataset_name](name, table, blocks)
        for column, values in made.items():
            table = table.append_column(column, values)
    return table


def _of_blocks(name: str, _: pa.Table, blocks: Sequence[Json]) -> dict[str, Any]:
    import pyarrow as pa

    if name in _OF_BLOCKS:
        return {name: hex_column([block[_OF_BLOCKS[name]] for block in blocks])}
    if name == "size":
        return {name: pa.array([int(block["size"], 16) for block in blocks], pa.uint32())}
    totals = [None if (told := block.get("totalDifficulty")) is None else int(told, 16) for block in blocks]
    return {
        "total_difficulty_binary": pa.array([None if one is None else word_bytes(one) for one in totals], pa.large_binary()),
        "total_difficulty_string": pa.array([None if one is None else str(one) for one in totals], pa.large_string()),
        "total_difficulty_f64": pa.array([None if one is None else float(one) for one in totals], pa.float64()),
    }


def _of_transactions(name: str, table: pa.Table, blocks: Sequence[Json]) -> dict[str, Any]:
    import pyarrow as pa

    times = [int(block["timestamp"], 16) for block in blocks for _ in block["transactions"]]
    return {name: pa.array(times, pa.uint32())}
