from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from operators.sdk.config import ChainId, Config, RpcPool, without_repeats

Answer = Literal["block", "receipts", "logs"]


class RpcIntegrityCheckConfig(Config):
    chain_id: ChainId
    rpc_pool: RpcPool
    providers: int = Field(default=3, ge=2, le=16, description="How many providers of the pool are asked.")
    quorum: int = Field(default=2, ge=2, le=16, description="How many must agree for their answer to count as the truth.")
    compare: Annotated[list[Answer], Field(min_length=1), AfterValidator(without_repeats)] = Field(
        default=["block"], description="What is compared."
    )
    lag_blocks: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="How far below the block that arrived it asks, so that slower providers have it too.",
    )

    @model_validator(mode="after")
    def _the_quorum_can_be_reached(self) -> Self:
        if self.quorum > self.providers:
            raise ValueError("quorum must not exceed providers, or it is never reached; lower the one or raise the other")
        return self
