from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from operators.sdk.config import ChainId, Config, RpcPool


class LivelinessMonitorConfig(Config):
    chain_id: ChainId
    rpc_pool: RpcPool
    expected_block_seconds: float = Field(default=12, gt=0, le=3600, description="The usual time between two blocks.")
    degraded_after_seconds: float = Field(
        default=60, gt=0, le=86_400, description="Without a block for this long it is `degraded`."
    )
    stalled_after_seconds: float = Field(
        default=300, gt=0, le=86_400, description="Without a block for this long it is `stalled`."
    )
    without_answer: Literal["unknown", "stalled"] = Field(
        default="unknown", description="What a tick says at which no provider of the pool answers."
    )

    @model_validator(mode="after")
    def _gets_worse_in_order(self) -> Self:
        if not self.expected_block_seconds < self.degraded_after_seconds < self.stalled_after_seconds:
            raise ValueError("set expected_block_seconds < degraded_after_seconds < stalled_after_seconds")
        return self
