from __future__ import annotations

from operators.integrity_check.config import IntegrityCheckConfig
from operators.sdk.declaration import EVERY, Column, ComesFrom, Declaration, Output, Resources
from operators.sdk.words import Activation, ColumnType, Derivation, FieldType, Runtime, Storage, Strategy

_LOOKED_AT = ComesFrom(EVERY, Derivation.TRANSFORMATION)

FINDINGS = (
    Column("chain_id", ColumnType.UINT64, "EVM chain id.", comes_from=(ComesFrom("chain_id"),)),
    Column("number", ColumnType.UINT32, "Which of the findings of its partition, from 0."),
    Column("check", ColumnType.TEXT, "The check that found it."),
    Column("partition_key", ColumnType.TEXT, "The partition that it is in."),
    Column(
        "block_number", ColumnType.UINT64, "The first block that it touches; none for a file.", nullable=True,
        comes_from=(ComesFrom("block_number"),),
    ),
    Column("expected", ColumnType.TEXT, "What should be there.", comes_from=(_LOOKED_AT,)),
    Column("found", ColumnType.TEXT, "What is there; nothing if it is missing.", nullable=True, comes_from=(_LOOKED_AT,)),
    Column("detection", ColumnType.FLOAT64, "How likely this check is to find one wrong block in the partition: 1 where it asks about every block."),
)  # fmt: skip

DECLARATION = Declaration(
    name="integrity_check",
    version="1.0",
    summary="Holds stored data against the chain and against itself, and has what is wrong made anew.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_PARTITION, Strategy.BULK}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=IntegrityCheckConfig,
    outputs=(
        Output(
            "findings",
            "A row per thing that is wrong; none if all is well.",
            Storage.POSTGRES,
            FINDINGS,
            unique=("chain_id", "partition_key", "number"),
        ),
    ),
    where={"chain_id": FieldType.INTEGER, "check": FieldType.TEXT},
    resources=Resources(cpu_millis=1000, memory_mb=2048, timeout_seconds=3600),
    examples=(
        {"chain_id": 1},
        {"chain_id": 1, "rpc_pool": "archive", "checks": ["hashes", "counts"], "sample_percent": 5},
        {"chain_id": 1, "checks": ["parents", "gaps"], "on_finding": "fail"},
    ),
    implementation="operators.integrity_check.operator:IntegrityCheck",
)
