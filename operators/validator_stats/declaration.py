from __future__ import annotations

from operators.sdk.declaration import Column, Declaration, Output, Resources
from operators.sdk.words import Activation, ColumnType, FieldType, Runtime, SourceKind, Storage
from operators.validator_stats.config import ValidatorStatsConfig

VALIDATOR_EPOCHS = (
    Column("chain_id", ColumnType.UINT64, "EVM chain id of the execution chain."),
    Column("epoch", ColumnType.UINT64, "Epoch."),
    Column("validator_index", ColumnType.UINT64, "Index of the validator."),
    Column("status", ColumnType.TEXT, "As the beacon API names it, such as `active_ongoing`."),
    Column("effective_balance_gwei", ColumnType.UINT64, "Effective balance."),
    Column("attestations_due", ColumnType.INT64, "Attestations that it had to make.", nullable=True),
    Column("attestations_missed", ColumnType.INT64, "Those that it missed.", nullable=True),
    Column("proposals_due", ColumnType.INT64, "Blocks that it had to propose.", nullable=True),
    Column("proposals_missed", ColumnType.INT64, "Those that it missed.", nullable=True),
    Column("reward_gwei", ColumnType.INT64, "What it earned; below zero, what it lost.", nullable=True),
    Column("slashed", ColumnType.BOOLEAN, "It was slashed in this epoch or before."),
)

DECLARATION = Declaration(
    name="validator_stats",
    version="1.0",
    summary="Records what validators did in each epoch: duties, misses and rewards, from the beacon API.",
    activations=frozenset({Activation.SOURCE}),
    source_kinds=frozenset({SourceKind.CRON}),
    runtimes=frozenset({Runtime.LAMBDA, Runtime.ECS_PLATFORM}),
    config=ValidatorStatsConfig,
    outputs=(
        Output(
            "validator_epochs",
            "A row per validator and epoch.",
            Storage.POSTGRES,
            VALIDATOR_EPOCHS,
            unique=("chain_id", "epoch", "validator_index"),
            is_origin=True,
        ),
    ),
    where={
        "chain_id": FieldType.INTEGER,
        "validator_index": FieldType.INTEGER,
        "status": FieldType.TEXT,
        "slashed": FieldType.BOOLEAN,
    },
    resources=Resources(cpu_millis=500, memory_mb=1024, timeout_seconds=900),
    examples=(
        {"chain_id": 1, "beacon_pool": "beacon"},
        {"chain_id": 1, "beacon_pool": "beacon", "validators": [12, 345_678], "figures": ["duties", "misses"]},
        {"chain_id": 1, "beacon_pool": "beacon", "start_epoch": 300_000, "end_epoch": 300_224, "epochs_per_run": 100},
    ),
    implementation="operators.validator_stats.operator:ValidatorStats",
)
