from __future__ import annotations

from operators.liveliness_monitor.config import LivelinessMonitorConfig
from operators.sdk.declaration import Column, Declaration, Output, Resources
from operators.sdk.words import Activation, ColumnType, FieldType, Runtime, SourceKind, Storage

LIVELINESS = (
    Column("chain_id", ColumnType.UINT64, "EVM chain id."),
    Column("scheduled_at", ColumnType.TIMESTAMP, "The tick that it was looked at for."),
    Column("status", ColumnType.TEXT, "`ok`, `degraded`, `stalled`, or `unknown` where nobody answered."),
    Column("block_number", ColumnType.UINT64, "The last block; none where nobody answered.", nullable=True),
    Column("block_timestamp", ColumnType.TIMESTAMP, "The time that the last block gives.", nullable=True),
    Column("seconds_since", ColumnType.FLOAT64, "Seconds without a new block, at the tick.", nullable=True),
    Column("reason", ColumnType.TEXT, "Why it is not `ok`.", nullable=True),
)

DECLARATION = Declaration(
    name="liveliness_monitor",
    version="1.0",
    summary="Says whether a chain still makes blocks: ok, degraded or stalled.",
    activations=frozenset({Activation.SOURCE}),
    source_kinds=frozenset({SourceKind.CRON}),
    runtimes=frozenset({Runtime.LAMBDA, Runtime.ECS_PLATFORM}),
    config=LivelinessMonitorConfig,
    outputs=(
        Output(
            "liveliness", "A row per tick.", Storage.POSTGRES, LIVELINESS, unique=("chain_id", "scheduled_at"), is_origin=True
        ),
    ),
    where={"chain_id": FieldType.INTEGER, "status": FieldType.TEXT},
    resources=Resources(cpu_millis=100, memory_mb=512, timeout_seconds=60),
    examples=(
        {"chain_id": 1, "rpc_pool": "standard"},
        {
            "chain_id": 143,
            "rpc_pool": "monad",
            "expected_block_seconds": 0.4,
            "degraded_after_seconds": 5,
            "stalled_after_seconds": 30,
        },
    ),
    implementation="operators.liveliness_monitor.operator:LivelinessMonitor",
)
