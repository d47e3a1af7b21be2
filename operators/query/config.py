from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from operators.sdk.config import Config
from operators.sdk.parquet import Compression

ParameterName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]


class QueryConfig(Config):
    sql: str = Field(
        min_length=1,
        max_length=100_000,
        description="One SELECT over datasets of the org, as in a notebook; `$name` is a parameter.",
    )
    parameters: dict[ParameterName, str | int | float | bool | None] = Field(
        default={}, max_length=100, description="Values of the parameters, by name. They are bound, never pasted into the text."
    )
    mode: Literal["dataset", "export"] = Field(
        default="dataset", description="A dataset that others can build on, or a file to take away that expires."
    )
    format: Literal["parquet", "csv", "json", "arrow"] = Field(
        default="parquet", description="Of an export; a dataset is Parquet or a table."
    )
    compression: Compression = Field(default=Compression(), description="How Parquet files are compressed.")

    @model_validator(mode="after")
    def _parameters_are_used(self) -> Self:
        for name in self.parameters:
            if not re.search(rf"\${name}\b", self.sql):
                raise ValueError(f"the parameter {name} is nowhere in the SQL; write ${name} there, or take it out")
        return self

    @model_validator(mode="after")
    def _only_an_export_has_a_format(self) -> Self:
        if self.mode == "dataset" and self.format != "parquet":
            raise ValueError(f"a dataset cannot be written as {self.format}; leave format out, or set mode export")
        return self
