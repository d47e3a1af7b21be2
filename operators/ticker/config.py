from __future__ import annotations

from pydantic import Field

from operators.sdk.config import BlockNumber, Config


class TickerConfig(Config):
    interval_seconds: float = Field(default=1.0, ge=0.01, le=86_400, description="From one event to the next.")
    start: BlockNumber = Field(default=0, description="The first cursor; after a restart it goes on where it was.")
