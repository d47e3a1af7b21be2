"""The columns of traces: cryo 0.3.2's."""

from __future__ import annotations

from operators.sdk.declaration import Column
from operators.sdk.words import ColumnType

TRACES = (
    Column("block_number", ColumnType.UINT32, "Height of its block."),
    Column("block_hash", ColumnType.HASH, "Hash of its block."),
    Column("transaction_index", ColumnType.UINT32, "Place of its transaction; none for a reward.", nullable=True),
    Column("transaction_hash", ColumnType.HASH, "Hash of its transaction; none for a reward.", nullable=True),
    Column("trace_address", ColumnType.TEXT, "Path in the tree of calls, as `0_2_1`."),
    Column("subtraces", ColumnType.UINT32, "Calls that it made itself."),
    Column("action_type", ColumnType.TEXT, "`call`, `create`, `suicide` or `reward`."),
    Column("action_call_type", ColumnType.TEXT, "`call`, `delegate_call`, `static_call` or `call_code`.", nullable=True),
    Column("action_reward_type", ColumnType.TEXT, "`reward` of a block, or `uncle`.", nullable=True),
    Column("action_from", ColumnType.ADDRESS, "Caller.", nullable=True),
    Column("action_to", ColumnType.ADDRESS, "Who is called.", nullable=True),
    Column("action_value", ColumnType.TEXT, "Wei that it moves, in decimal digits."),
    Column("action_gas", ColumnType.UINT32, "Gas that it may use.", nullable=True),
    Column("action_input", ColumnType.BYTES, "Call data.", nullable=True),
    Column("action_init", ColumnType.BYTES, "Code that creates a contract.", nullable=True),
    Column("result_gas_used", ColumnType.UINT32, "Gas that it used.", nullable=True),
    Column("result_output", ColumnType.BYTES, "What it returned.", nullable=True),
    Column("result_code", ColumnType.BYTES, "Code of the new contract.", nullable=True),
    Column("result_address", ColumnType.ADDRESS, "Address of the new contract.", nullable=True),
    Column("error", ColumnType.TEXT, "Why it failed.", nullable=True),
    Column("chain_id", ColumnType.UINT64, "EVM chain id."),
)
