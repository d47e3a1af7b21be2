from __future__ import annotations

from operators.demo_totals.config import DemoTotalsConfig
from operators.sdk.declaration import Column, Declaration, Output, Resources
from operators.sdk.words import Activation, ColumnType, Runtime, Storage, Strategy

DECLARATION = Declaration(
    name="demo_totals",
    version="1.0",
    summary="Sums up the blocks of demo_blocks, bucket by bucket: for trying what reads one dataset and writes another.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_PARTITION, Strategy.BULK}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=DemoTotalsConfig,
    outputs=(
        Output(
            "totals", "One partition for the range that was read, a row per bucket; a bucket that the range cuts has what is in it.",
            Storage.S3,
            columns=(
                Column("first_block", ColumnType.UINT32, "The lowest block of the bucket that was there."),
                Column("last_block", ColumnType.UINT32, "The highest."),
                Column("blocks", ColumnType.UINT32, "How many there were."),
                Column("transaction_count", ColumnType.UINT64, "Transactions in them."),
                Column("gas_used", ColumnType.DECIMAL, "Gas that they used."),
                Column("base_fees", ColumnType.UINT256, "Gas used times base fee of each, in wei: 32 bytes, the highest first."),
            ),
        ),
    ),
    resources=Resources(cpu_millis=500, memory_mb=1024, timeout_seconds=600),
    examples=({}, {"bucket": 1000}),
    implementation="operators.demo_totals.operator:DemoTotals",
)  # fmt: skip
