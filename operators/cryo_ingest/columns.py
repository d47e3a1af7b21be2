"""The columns of the datasets that are fetched most: cryo's default ones with what places a row, and those that may be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from operators.sdk.chain.datasets import COLUMNS, KEY_COLUMNS
from operators.sdk.declaration import Column
from operators.sdk.words import ColumnType as Type

U256 = ("binary", "string", "f64")
# By the name that cryo has for them; a 256-bit number becomes several.
INCLUDED: Mapping[str, Mapping[str, Sequence[Column]]] = {
    "blocks": {
        "state_root": (Column("state_root", Type.HASH, "Root of the state after it."),),
        "transactions_root": (Column("transactions_root", Type.HASH, "Root of its transactions."),),
        "receipts_root": (Column("receipts_root", Type.HASH, "Root of its receipts."),),
        "logs_bloom": (Column("logs_bloom", Type.BYTES, "Bloom of its logs."),),
        "total_difficulty": (
            Column("total_difficulty_binary", Type.UINT256, "Difficulty of the chain up to it, exact.", nullable=True),
            Column("total_difficulty_string", Type.TEXT, "The same in decimal digits.", nullable=True),
            Column("total_difficulty_f64", Type.FLOAT64, "The same, rounded.", nullable=True),
        ),
        "size": (Column("size", Type.UINT32, "Bytes of the block."),),
    },
    "transactions": {"timestamp": (Column("timestamp", Type.UINT32, "That of its block."),)},
    "logs": {},
    "traces": {},
}
_WORDS = {"value", "total_difficulty", "token_id"}
_BINARY = {Type.BYTES, Type.HASH, Type.ADDRESS, Type.UINT256}


def unknown_columns(dataset: str, included: Sequence[str]) -> list[str]:
    """Of other datasets only cryo knows what there is."""
    return [] if dataset not in INCLUDED else [one for one in included if one not in INCLUDED[dataset] and one not in KEY_COLUMNS]


def columns_of(
    dataset: str, *, included: Sequence[str], excluded: Sequence[str], u256_types: Sequence[str], as_hex: bool
) -> Sequence[Column]:
    """In the order of the files. Empty where only cryo knows them. cryo declares none of its columns as never null."""
    if dataset not in COLUMNS:
        return ()
    more = [column for name in included for column in INCLUDED[dataset].get(name, ())]
    return [
        replace(_written(column, as_hex=as_hex), nullable=column.name not in KEY_COLUMNS, comes_from=())
        for column in (*COLUMNS[dataset], *more)
        if column.name not in excluded and not _is_left_out(column.name, u256_types)
    ]


def _is_left_out(name: str, u256_types: Sequence[str]) -> bool:
    base, _, kind = name.rpartition("_")
    return base in _WORDS and kind in U256 and kind not in u256_types


def _written(column: Column, *, as_hex: bool) -> Column:
    return replace(column, type=Type.TEXT) if as_hex and column.type in _BINARY else column
