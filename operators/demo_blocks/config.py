from __future__ import annotations

from pydantic import Field

from operators.sdk.config import ChainId, Config


class DemoBlocksConfig(Config):
    """Another value of any of them makes another chain."""

    seed: int = Field(default=1, ge=0, le=2**63 - 1, description="What all is made from: the same seed makes the same blocks.")
    chain_id: ChainId = Field(default=1337, description="EVM chain id that the blocks carry.")
    gas_limit: int = Field(default=30_000_000, ge=1, le=2**32 - 1, description="No block uses more gas than this.")
