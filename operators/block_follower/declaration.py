from __future__ import annotations

from operators.block_follower.config import BlockFollowerConfig
from operators.sdk.chain.blocks import BLOCKS
from operators.sdk.chain.logs import LOGS
from operators.sdk.chain.transactions import TRANSACTIONS
from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, FieldType, Runtime, SourceKind, Storage

DECLARATION = Declaration(
    name="block_follower",
    version="1.0",
    summary="Follows the tip of a chain into hot tables, fills gaps, and rewrites what a reorg changed.",
    activations=frozenset({Activation.SOURCE}),
    source_kinds=frozenset({SourceKind.ALWAYS_ON}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=BlockFollowerConfig,
    outputs=(
        Output("blocks", "A row per block.", Storage.POSTGRES, BLOCKS, unique=("block_number",)),
        Output(
            "transactions",
            "A row per transaction, with its receipt.",
            Storage.POSTGRES,
            TRANSACTIONS,
            unique=("block_number", "transaction_index"),
        ),
        Output("logs", "A row per log.", Storage.POSTGRES, LOGS, unique=("block_number", "log_index")),
    ),
    where={
        "chain_id": FieldType.INTEGER,
        "address": FieldType.TEXT,
        "topic0": FieldType.TEXT,
        "from_address": FieldType.TEXT,
        "to_address": FieldType.TEXT,
    },
    resources=Resources(cpu_millis=500, memory_mb=512, timeout_seconds=None),
    examples=(
        {"chain_id": 1, "rpc_pool": "standard"},
        {"chain_id": 143, "rpc_pool": "monad", "poll_interval_seconds": 0.2, "max_reorg_depth": 16},
        {"chain_id": 1, "rpc_pool": "standard", "tables": ["blocks"], "confirmations": 12},
        {"chain_id": 1, "rpc_pool": "standard", "start_block": 21_000_000, "emit_strategy": "threshold", "threshold_blocks": 100},
    ),
    implementation="operators.block_follower.operator:BlockFollower",
)
