from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue

from operators.sdk.config import Config

Key = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]


class TriggerCronConfig(Config):
    data: dict[Key, JsonValue] = Field(
        default={}, max_length=50, description="Handed on with every event, beside `scheduled_at`, the instant of the tick."
    )
