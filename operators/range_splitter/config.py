from __future__ import annotations

from pydantic import Field

from operators.sdk.config import Config


class RangeSplitterConfig(Config):
    chunk_size: int = Field(default=1000, ge=1, le=10_000_000, description="Blocks per range; the last one may be shorter.")
