from __future__ import annotations

from pydantic import Field

from operators.sdk.config import Config


class DemoTotalsConfig(Config):
    bucket: int = Field(
        default=100, ge=1, le=10_000_000, description="Blocks per row. Buckets begin at its multiples: 0-99, 100-199."
    )
