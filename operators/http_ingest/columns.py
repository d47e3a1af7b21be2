"""How a record of a feed becomes a row."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from operators.sdk.config import ColumnName, Config, JsonPointer


class FeedColumn(Config):
    """A value that is not of the type, or is missing without `nullable`, makes the record a bad one."""

    name: ColumnName = Field(description="Name of the column.")
    type: Literal["text", "int64", "uint256", "float64", "decimal", "boolean", "timestamp", "date", "json"] = Field(
        description="Type of the column; a timestamp is ISO 8601, UTC where it names no zone; a decimal has up to 20 digits before and 18 after the point."
    )
    nullable: bool = Field(default=False, description="Whether it may be missing.")
    pointer: JsonPointer | None = Field(
        default=None,
        description="JSON only: where in a record the value is, as in `/price/usd`; left out, under the column's name.",
    )
    header: str | None = Field(
        default=None, min_length=1, max_length=200, description="CSV only: heading of its field; left out, the column's name."
    )
