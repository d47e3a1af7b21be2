from __future__ import annotations

from pydantic import Field

from operators.sdk.config import Config


class SleepConfig(Config):
    seconds: float = Field(default=1.0, ge=0, le=86_400, description="How long a task takes.")
