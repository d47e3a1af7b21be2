from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from operators.cryo_ingest.columns import columns_of, unknown_columns
from operators.cryo_ingest.subjects import Subjects
from operators.sdk.chain.datasets import COLUMNS, KEY_COLUMNS, CryoDataset
from operators.sdk.config import ChainId, ColumnName, Config, RpcPool, without_repeats
from operators.sdk.declaration import Column
from operators.sdk.parquet import Compression

Columns = Annotated[list[ColumnName], Field(max_length=100), AfterValidator(without_repeats)]


class CryoIngestConfig(Config):
    chain_id: ChainId
    rpc_pool: RpcPool
    cryo_dataset_name: CryoDataset = Field(description="What is fetched, by cryo's name.")
    subjects: Subjects = Field(
        default=Subjects(),
        description="What it is fetched of, for datasets that are asked for piece by piece; a filter for some others.",
    )
    chunk_size: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="Blocks per file. A range may have at most 256 files, of at most 512 MiB each.",
    )
    include_columns: Columns = Field(default=[], description="Columns of cryo's beyond its default ones.")
    exclude_columns: Columns = Field(default=[], description="Default columns that are left out; never one that places the row.")
    sort_by: Columns = Field(default=[], description="Columns that the rows of a file are sorted by; left out, cryo's order.")
    compression: Compression = Field(default=Compression(), description="How the files are compressed.")
    hex: bool = Field(default=False, description="Write hashes, addresses and data as 0x text, and not as bytes.")
    u256_types: Annotated[list[Literal["binary", "string", "f64"]], Field(min_length=1), AfterValidator(without_repeats)] = Field(
        default=["binary", "string", "f64"], description="The columns that a 256-bit number becomes: exact, as digits, rounded."
    )

    @model_validator(mode="after")
    def _has_its_subjects(self) -> Self:
        self.subjects.check(self.cryo_dataset_name)
        return self

    @model_validator(mode="after")
    def _keeps_what_places_a_row(self) -> Self:
        if taken := sorted(KEY_COLUMNS.intersection(self.exclude_columns)):
            raise ValueError(f"exclude_columns must not name {taken[0]}: without it the range cannot be checked; take it out")
        return self

    @model_validator(mode="after")
    def _columns_are_changed_to_some_effect(self) -> Self:
        usual = {column.name for column in COLUMNS.get(self.cryo_dataset_name, ())}
        if both := sorted(set(self.include_columns).intersection(self.exclude_columns)):
            raise ValueError(f"{both[0]} is in include_columns and in exclude_columns; decide for one")
        if usual and (absent := sorted(set(self.exclude_columns) - usual)):
            raise ValueError(f"exclude_columns names {absent[0]}, which {self.cryo_dataset_name} has not by default; take it out")
        if unknown := unknown_columns(self.cryo_dataset_name, self.include_columns):
            raise ValueError(f"include_columns names {unknown[0]}, which {self.cryo_dataset_name} cannot have; take it out")
        if usual and (odd := [name for name in self.sort_by if name not in {one.name for one in self.file_columns}]):
            raise ValueError(f"sort_by names {odd[0]}, which is no column of the files; take it out")
        return self

    @property
    def file_columns(self) -> Sequence[Column]:
        """Not `made_columns`: DAGs of before may name others, and must stay valid. Empty where only cryo knows."""
        return columns_of(
            self.cryo_dataset_name,
            included=self.include_columns,
            excluded=self.exclude_columns,
            u256_types=self.u256_types,
            as_hex=self.hex,
        )
