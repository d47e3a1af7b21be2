from __future__ import annotations

from pydantic import Field

from operators.sdk.config import Config


class FailConfig(Config):
    times: int = Field(default=1, ge=0, le=1_000, description="How many attempts fail before one succeeds.")
    retryable: bool = Field(
        default=True, description="Whether another attempt is worth it; without, the first failure is the last."
    )
    message: str = Field(default="It failed on purpose.", min_length=1, max_length=500, description="What the error says.")
