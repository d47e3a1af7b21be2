"""The columns of blocks: cryo 0.3.2's, and `parent_hash`, by which blocks are known to link."""

from __future__ import annotations

from operators.sdk.declaration import Column
from operators.sdk.words import ColumnType

BLOCKS = (
    Column("block_number", ColumnType.UINT32, "Height."),
    Column("block_hash", ColumnType.HASH, "Hash."),
    Column("parent_hash", ColumnType.HASH, "Hash of the block below."),
    Column("timestamp", ColumnType.UINT32, "Whole seconds since 1970. Blocks may share one: never order by it."),
    Column("author", ColumnType.ADDRESS, "Who receives the fees.", nullable=True),
    Column("gas_used", ColumnType.UINT64, "Gas that its transactions used."),
    Column("extra_data", ColumnType.BYTES, "What its author wrote into it."),
    Column("base_fee_per_gas", ColumnType.UINT64, "In wei; none before EIP-1559.", nullable=True),
    Column("chain_id", ColumnType.UINT64, "EVM chain id."),
)
