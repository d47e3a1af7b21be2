"""The columns of transactions, each with its receipt: cryo 0.3.2's, and `block_hash`."""

from __future__ import annotations

from operators.sdk.declaration import Column
from operators.sdk.words import ColumnType

TRANSACTIONS = (
    Column("block_number", ColumnType.UINT32, "Height of its block."),
    Column("block_hash", ColumnType.HASH, "Hash of its block."),
    Column("transaction_index", ColumnType.UINT64, "Place in the block, from 0."),
    Column("transaction_hash", ColumnType.HASH, "Hash."),
    Column("nonce", ColumnType.UINT64, "How many the sender had sent before."),
    Column("from_address", ColumnType.ADDRESS, "Sender."),
    Column("to_address", ColumnType.ADDRESS, "Receiver; none when it creates a contract.", nullable=True),
    Column("value_binary", ColumnType.UINT256, "Wei that it moves, exact."),
    Column("value_string", ColumnType.TEXT, "The same in decimal digits."),
    Column("value_f64", ColumnType.FLOAT64, "The same, rounded."),
    Column("input", ColumnType.BYTES, "Call data."),
    Column("gas_limit", ColumnType.UINT64, "Gas that it may use."),
    Column("gas_used", ColumnType.UINT64, "Gas that it used."),
    Column("gas_price", ColumnType.UINT64, "Wei per gas that were paid.", nullable=True),
    Column("transaction_type", ColumnType.UINT32, "EIP-2718 type."),
    Column("max_priority_fee_per_gas", ColumnType.UINT64, "Highest tip, in wei.", nullable=True),
    Column("max_fee_per_gas", ColumnType.UINT64, "Highest fee, in wei.", nullable=True),
    Column("success", ColumnType.BOOLEAN, "False: it was reverted."),
    Column("n_input_bytes", ColumnType.UINT32, "Bytes of call data."),
    Column("n_input_zero_bytes", ColumnType.UINT32, "Those of them that are zero."),
    Column("n_input_nonzero_bytes", ColumnType.UINT32, "Those that are not."),
    Column("chain_id", ColumnType.UINT64, "EVM chain id."),
)
