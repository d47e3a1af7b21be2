from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue

from operators.sdk.config import Config

ParameterName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]


class UdfConfig(Config):
    parameters: dict[ParameterName, JsonValue] = Field(
        default={}, max_length=100, description="Handed to the code as they are. Never a secret: whoever sees the DAG sees them."
    )
