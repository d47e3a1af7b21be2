"""What a node answers, as columns: blocks, transactions with their receipts, logs. Of any number of blocks at once.

`Form.TABLE` is what a table takes quickest (256 bits as digits), `Form.FILE` what cryo writes (as 32 bytes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from operators.sdk.chain.blocks import BLOCKS
from operators.sdk.chain.logs import LOGS
from operators.sdk.chain.transactions import TRANSACTIONS
from operators.sdk.declaration import Column
from operators.sdk.words import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

Json = Mapping[str, Any]


class Form(StrEnum):
    TABLE = "table"
    FILE = "file"


@dataclass(frozen=True)
class BlockData:
    """As a node answered `eth_getBlockByNumber` with its transactions, and `eth_getBlockReceipts`; None where nobody asked for those."""

    block: Json
    receipts: Sequence[Json] | None = None

    @property
    def number(self) -> int:
        return int(self.block["number"], 16)

    @property
    def hash(self) -> str:
        return str(self.block["hash"])

    @property
    def parent_hash(self) -> str:
        return str(self.block["parentHash"])


def blocks_table(blocks: Iterable[BlockData], chain_id: int, form: Form) -> pa.Table:
    return _table(BLOCKS, [_block(one.block, chain_id) for one in blocks], form)


def transactions_table(blocks: Iterable[BlockData], chain_id: int, form: Form) -> pa.Table:
    rows = [
        _transaction(sent, receipt, chain_id)
        for one in blocks
        for sent, receipt in zip(one.block["transactions"], one.receipts or (), strict=True)
    ]
    return _table(TRANSACTIONS, rows, form)


def logs_table(blocks: Iterable[BlockData], chain_id: int, form: Form) -> pa.Table:
    logs = (log for one in blocks for receipt in one.receipts or () for log in receipt["logs"])
    return logs_table_of(logs, chain_id, form)


def logs_table_of(logs: Iterable[Json], chain_id: int, form: Form) -> pa.Table:
    """Of logs as `eth_getLogs` answers them."""
    return _table(LOGS, [_log(one, chain_id) for one in logs], form)


def number_of(text: str | None) -> int | None:
    return None if text is None else int(text, 16)


def bytes_of(text: str | None) -> bytes | None:
    """Also of what has an odd number of digits, as some nodes write small numbers."""
    if text is None:
        return None
    digits = text[2:]
    return bytes.fromhex(digits if len(digits) % 2 == 0 else f"0{digits}")


def word_bytes(value: int) -> bytes:
    """As cryo writes 256 bits: all 32 bytes, the highest first, so that bytes are in the order of the numbers."""
    return value.to_bytes(32, "big")


def _block(block: Json, chain_id: int) -> tuple[Any, ...]:
    return (
        int(block["number"], 16), bytes_of(block["hash"]), bytes_of(block["parentHash"]), int(block["timestamp"], 16),
        bytes_of(block.get("miner")), int(block["gasUsed"], 16), bytes_of(block["extraData"]), number_of(block.get("baseFeePerGas")),
        chain_id,
    )  # fmt: skip


def _transaction(sent: Json, receipt: Json, chain_id: int) -> tuple[Any, ...]:
    value, data = int(sent["value"], 16), bytes_of(sent["input"]) or b""
    zeros = data.count(0)
    # What was paid is in the receipt; what was offered, where nobody tells that.
    price = receipt.get("effectiveGasPrice") or sent.get("gasPrice")
    return (
        int(sent["blockNumber"], 16), bytes_of(sent["blockHash"]), int(sent["transactionIndex"], 16), bytes_of(sent["hash"]),
        int(sent["nonce"], 16), bytes_of(sent["from"]), bytes_of(sent.get("to")), value, str(value), float(value), data,
        int(sent["gas"], 16), int(receipt["gasUsed"], 16), number_of(price), int(sent.get("type") or "0x0", 16),
        number_of(sent.get("maxPriorityFeePerGas")), number_of(sent.get("maxFeePerGas")), _succeeded(receipt),
        len(data), zeros, len(data) - zeros, chain_id,
    )  # fmt: skip


def _succeeded(receipt: Json) -> bool:
    """Before Byzantium a receipt had a state root in place of a status, and what was reverted cost all its gas."""
    status = receipt.get("status")
    return True if status is None else int(status, 16) == 1


def _log(log: Json, chain_id: int) -> tuple[Any, ...]:
    topics = [bytes_of(one) for one in log["topics"]]
    return (
        int(log["blockNumber"], 16), bytes_of(log["blockHash"]), int(log["transactionIndex"], 16), int(log["logIndex"], 16),
        bytes_of(log["transactionHash"]), bytes_of(log["address"]), *topics, *([None] * (4 - len(topics))), bytes_of(log["data"]),
        chain_id,
    )  # fmt: skip


def _table(columns: Sequence[Column], rows: Sequence[tuple[Any, ...]], form: Form) -> pa.Table:
    import pyarrow as pa

    types, word = _types(form), str if form is Form.TABLE else word_bytes
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = [
        pa.array([word(one) for one in found] if column.type is ColumnType.UINT256 else found, types[column.type]())
        for column, found in zip(columns, values, strict=True)
    ]
    return pa.Table.from_arrays(arrays, names=[column.name for column in columns])


def _types(form: Form) -> Mapping[ColumnType, Callable[[], pa.DataType]]:
    import pyarrow as pa

    text, word = (pa.string, pa.string) if form is Form.TABLE else (pa.large_string, pa.large_binary)
    return {
        ColumnType.UINT32: pa.uint32, ColumnType.UINT64: pa.uint64, ColumnType.UINT256: word, ColumnType.FLOAT64: pa.float64,
        ColumnType.BOOLEAN: pa.bool_, ColumnType.TEXT: text, ColumnType.BYTES: pa.large_binary, ColumnType.ADDRESS: pa.large_binary,
        ColumnType.HASH: pa.large_binary,
    }  # fmt: skip
