from __future__ import annotations

from operators.rpc_integrity_check.config import RpcIntegrityCheckConfig
from operators.sdk.declaration import Column, Declaration, Output, Resources
from operators.sdk.words import Activation, ColumnType, FieldType, Runtime, Storage, Strategy

DIVERGENCES = (
    Column("chain_id", ColumnType.UINT64, "EVM chain id."),
    Column("block_number", ColumnType.UINT64, "The block that was asked for."),
    Column("compared", ColumnType.TEXT, "`block`, `receipts` or `logs`."),
    Column("provider", ColumnType.TEXT, "The provider, by its name in the pool."),
    Column(
        "status",
        ColumnType.TEXT,
        "`differs` from the quorum; `behind`: it does not have the block; `unsupported`: it has no such call; `silent`: it gave no answer; "
        "`no_quorum`: too few agree to tell who is right.",
    ),
    Column("field", ColumnType.TEXT, "The first field that differs, such as `receipts[3].gasUsed`.", nullable=True),
    Column("said", ColumnType.TEXT, "What it said there, or why it said nothing.", nullable=True),
    Column("quorum_said", ColumnType.TEXT, "What the quorum said there.", nullable=True),
    Column("answer_hash", ColumnType.HASH, "Hash of its answer; none if it gave none.", nullable=True),
    Column("quorum_hash", ColumnType.HASH, "Hash of the answer of the quorum; none if there was no quorum.", nullable=True),
    Column("agreeing", ColumnType.INT64, "How many gave the most frequent answer."),
)

DECLARATION = Declaration(
    name="rpc_integrity_check",
    version="1.0",
    summary="Asks several providers for the same block and records where they differ.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_UPDATE}),
    runtimes=frozenset({Runtime.ECS_PLATFORM, Runtime.LAMBDA}),
    config=RpcIntegrityCheckConfig,
    outputs=(
        Output(
            "divergences",
            "A row per provider and answer that is not the quorum's; none if all agree.",
            Storage.POSTGRES,
            DIVERGENCES,
            unique=("chain_id", "block_number", "compared", "provider"),
            is_origin=True,
        ),
    ),
    where={"chain_id": FieldType.INTEGER, "compared": FieldType.TEXT, "provider": FieldType.TEXT, "status": FieldType.TEXT},
    resources=Resources(cpu_millis=250, memory_mb=256, timeout_seconds=120),
    examples=(
        {"chain_id": 1, "rpc_pool": "standard"},
        {"chain_id": 143, "rpc_pool": "monad", "providers": 5, "quorum": 3, "compare": ["block", "logs"], "lag_blocks": 4},
    ),
    implementation="operators.rpc_integrity_check.operator:RpcIntegrityCheck",
)
