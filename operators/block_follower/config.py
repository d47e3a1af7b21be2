from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from operators.sdk.chain.datasets import HotTable
from operators.sdk.config import BlockNumber, ChainId, Config, Depth, RpcPool, without_repeats


class BlockFollowerConfig(Config):
    tuning = frozenset({"confirmations", "max_reorg_depth", "poll_interval_seconds"})

    chain_id: ChainId
    rpc_pool: RpcPool
    start_block: BlockNumber | Literal["latest"] = Field(
        default="latest", description="The first block that it writes, or `latest`: the tip when it first starts."
    )
    tables: Annotated[list[HotTable], AfterValidator(without_repeats)] = Field(
        default=["blocks", "transactions", "logs"],
        description="What it writes. `blocks` is always among them; the output of a table that is not stays empty.",
    )
    emit_strategy: Literal["per_update", "threshold"] = Field(
        default="per_update", description="An event per block, or one per `threshold_blocks` blocks."
    )
    threshold_blocks: int | None = Field(
        default=None, ge=2, le=100_000, description="Blocks per event, with `emit_strategy: threshold` only."
    )
    confirmations: int = Field(
        default=0, ge=0, le=10_000, description="Blocks that must lie above a block before it is written; 0 writes the tip."
    )
    max_reorg_depth: int = Field(
        default=64,
        ge=1,
        le=10_000,
        description="The deepest reorg that it repairs by itself; at a deeper one it stops and says so.",
    )
    poll_interval_seconds: float = Field(
        default=1.0, ge=0.05, le=60, description="How often it asks for the head when the provider does not announce it."
    )

    @model_validator(mode="after")
    def _threshold_has_its_blocks(self) -> Self:
        if self.emit_strategy == "threshold" and self.threshold_blocks is None:
            raise ValueError("emit_strategy threshold needs threshold_blocks: say how many blocks make an event")
        if self.emit_strategy == "per_update" and self.threshold_blocks is not None:
            raise ValueError("threshold_blocks has no effect with emit_strategy per_update; leave it out, or set threshold")
        return self

    @model_validator(mode="after")
    def _blocks_are_written(self) -> Self:
        if "blocks" not in self.tables:
            raise ValueError("tables needs blocks: without their hashes no reorg can be seen")
        return self

    @model_validator(mode="after")
    def _waits_no_longer_than_a_block_can_change(self) -> Self:
        if self.confirmations > self.max_reorg_depth:
            raise ValueError("confirmations must not exceed max_reorg_depth; lower the one or raise the other")
        return self

    @property
    def may_rewrite(self) -> Depth:
        return Depth("max_reorg_depth", self.max_reorg_depth)
