from __future__ import annotations

from operators.parquet_compact.config import ParquetCompactConfig
from operators.sdk.declaration import Declaration, Output, Reads, Resources
from operators.sdk.words import Activation, FieldType, Runtime, Storage, Strategy

DECLARATION = Declaration(
    name="parquet_compact",
    version="1.0",
    summary="Moves finalised rows of a hot table into sorted, well-sized Parquet.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_PARTITION}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=ParquetCompactConfig,
    # The columns are those of the hot table.
    outputs=(
        Output(
            "partitions", "One partition per range, with the columns of the hot table.", Storage.S3,
            passes=(Reads(config="hot_dataset"),),
        ),
    ),
    where={"chain_id": FieldType.INTEGER},
    resources=Resources(cpu_millis=1000, memory_mb=2048, timeout_seconds=1800),
    examples=(
        {"chain_id": 1, "hot_dataset": "hot_blocks"},
        {"chain_id": 143, "hot_dataset": "monad_logs", "finality_depth_blocks": 16, "sort_by": ["block_number", "log_index"]},
        {"chain_id": 1, "hot_dataset": "hot_transactions", "delete_after_commit": True, "compression": {"level": 9}},
    ),
    implementation="operators.parquet_compact.operator:ParquetCompact",
)  # fmt: skip
