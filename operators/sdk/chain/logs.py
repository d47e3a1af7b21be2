"""The columns of logs: cryo 0.3.2's, and `block_hash`."""

from __future__ import annotations

from operators.sdk.declaration import Column
from operators.sdk.words import ColumnType

LOGS = (
    Column("block_number", ColumnType.UINT32, "Height of its block."),
    Column("block_hash", ColumnType.HASH, "Hash of its block."),
    Column("transaction_index", ColumnType.UINT32, "Place of its transaction in the block."),
    Column("log_index", ColumnType.UINT32, "Place in the block, from 0."),
    Column("transaction_hash", ColumnType.HASH, "Hash of its transaction."),
    Column("address", ColumnType.ADDRESS, "Contract that wrote it."),
    Column("topic0", ColumnType.HASH, "Hash of the event's signature, unless it is anonymous.", nullable=True),
    Column("topic1", ColumnType.HASH, "First indexed argument.", nullable=True),
    Column("topic2", ColumnType.HASH, "Second indexed argument.", nullable=True),
    Column("topic3", ColumnType.HASH, "Third indexed argument.", nullable=True),
    Column("data", ColumnType.BYTES, "The arguments that are not indexed."),
    Column("chain_id", ColumnType.UINT64, "EVM chain id."),
)
