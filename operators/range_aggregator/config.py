from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from operators.sdk.config import BlockNumber, Config


class RangeAggregatorConfig(Config):
    range_size: int = Field(
        default=10_000, ge=1, le=10_000_000, description="Blocks per range. Ranges begin at its multiples: 0-9999, 10000-19999."
    )
    start_block: BlockNumber | None = Field(
        default=None,
        description="Where what it follows begins: a cursor says that every block from here to it is there. Left out: from the lowest cursor.",
    )

    @model_validator(mode="after")
    def _starts_where_a_range_does(self) -> Self:
        if self.start_block and self.start_block % self.range_size:
            near = self.start_block // self.range_size * self.range_size
            raise ValueError(f"start_block must be a multiple of range_size, or its first blocks are in no range: take {near}")
        return self
