from __future__ import annotations

from operators.demo_blocks.config import DemoBlocksConfig
from operators.sdk.chain.blocks import BLOCKS
from operators.sdk.declaration import Column, Declaration, Output, Resources
from operators.sdk.words import Activation, ColumnType, Runtime, Storage, Strategy

DECLARATION = Declaration(
    name="demo_blocks",
    version="1.0",
    summary="Blocks that no chain has: for trying datasets, rebuilds and queries without a provider.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_PARTITION, Strategy.PER_UPDATE}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=DemoBlocksConfig,
    outputs=(
        Output(
            "blocks", "A row per block, one partition per range; parent hashes link, also from one range to the next.", Storage.S3,
            columns=(*BLOCKS, Column("transaction_count", ColumnType.UINT32, "Transactions in it.")), unique=("block_number",),
            either_storage=True, is_origin=True,
        ),
    ),
    resources=Resources(cpu_millis=500, memory_mb=1024, timeout_seconds=600),
    examples=({}, {"seed": 7, "gas_limit": 60_000_000}),
    implementation="operators.demo_blocks.operator:DemoBlocks",
)  # fmt: skip
