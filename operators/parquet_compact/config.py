from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from operators.sdk.config import ChainId, ColumnName, Config, DatasetName, Depth, without_repeats
from operators.sdk.parquet import Compression


class ParquetCompactConfig(Config):
    # Files that are there stay as they are laid out, for the rows may be gone from the table; and rows that are there stay.
    tuning = frozenset({"finality_depth_blocks", "rows_per_file", "rows_per_group", "compression", "delete_after_commit"})

    chain_id: ChainId
    hot_dataset: DatasetName = Field(description="The dataset that it takes rows from: a hot table under its published name.")
    finality_depth_blocks: int = Field(
        default=64,
        ge=1,
        le=100_000,
        description="Blocks that must lie above a range before it is compacted; at least the follower's `max_reorg_depth`.",
    )
    sort_by: Annotated[list[ColumnName], Field(min_length=1, max_length=8), AfterValidator(without_repeats)] = Field(
        default=["block_number"], description="Columns that the rows are sorted by, `block_number` first."
    )
    rows_per_file: int = Field(default=1_000_000, ge=1000, le=50_000_000, description="The most rows in a file.")
    rows_per_group: int = Field(
        default=100_000, ge=1000, le=10_000_000, description="Rows in a row group: the least that a query reads of a file."
    )
    compression: Compression = Field(default=Compression(), description="How the files are compressed.")
    delete_after_commit: bool = Field(
        default=False,
        description="Delete exactly the compacted rows from the hot table, in a step of its own after the commit. Of what is compacted from then on.",
    )

    @model_validator(mode="after")
    def _blocks_come_in_order(self) -> Self:
        if self.sort_by[0] != "block_number":
            raise ValueError("sort_by must begin with block_number: queries skip files and row groups by it")
        return self

    @model_validator(mode="after")
    def _a_group_fits_a_file(self) -> Self:
        if self.rows_per_group > self.rows_per_file:
            raise ValueError("rows_per_group must not exceed rows_per_file; lower the one or raise the other")
        return self

    @property
    def takes_from(self) -> str | None:
        return self.hot_dataset if self.delete_after_commit else None

    @property
    def takes_as_final(self) -> Depth:
        return Depth("finality_depth_blocks", self.finality_depth_blocks)
