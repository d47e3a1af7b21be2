"""What cryo 0.3.2 can fetch, by its own names. Its groups are left out: a task publishes exactly one dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from operators.sdk.chain.blocks import BLOCKS
from operators.sdk.chain.logs import LOGS
from operators.sdk.chain.traces import TRACES
from operators.sdk.chain.transactions import TRANSACTIONS
from operators.sdk.declaration import Column

CryoDataset = Literal[
    "blocks", "transactions", "logs", "traces",
    "address_appearances", "balance_diffs", "balance_reads", "balances", "code_diffs", "code_reads", "codes", "contracts",
    "erc20_approvals", "erc20_balances", "erc20_metadata", "erc20_supplies", "erc20_transfers", "erc721_metadata",
    "erc721_transfers", "eth_calls", "four_byte_counts", "geth_balance_diffs", "geth_calls", "geth_code_diffs",
    "geth_nonce_diffs", "geth_opcodes", "geth_storage_diffs", "javascript_traces", "native_transfers", "nonce_diffs",
    "nonce_reads", "nonces", "slots", "storage_diffs", "storage_reads", "trace_calls", "vm_traces",
]  # fmt: skip
# Those that are kept in hot tables and compacted.
HotTable = Literal["blocks", "transactions", "logs"]

COLUMNS: Mapping[str, Sequence[Column]] = {
    "blocks": BLOCKS,
    "transactions": TRANSACTIONS,
    "logs": LOGS,
    "traces": TRACES,
}
# What lines a row up with its block: leaving one out would make a range impossible to check.
KEY_COLUMNS = frozenset({"block_number", "block_hash", "parent_hash", "chain_id"})
