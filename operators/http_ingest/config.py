from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from operators.http_ingest.address import Auth, Headers, Url
from operators.http_ingest.columns import FeedColumn
from operators.sdk.config import Config, JsonPointer, Place
from operators.sdk.declaration import Column
from operators.sdk.words import ColumnType


class HttpIngestConfig(Config):
    url: Url = Field(description="Address of the feed; https only, and its host must be approved for the org.")
    format: Literal["json", "csv"] = Field(default="json", description="What the feed sends.")
    columns: Annotated[list[FeedColumn], Field(min_length=1, max_length=200)] = Field(description="The dataset's columns.")
    headers: Headers = Field(default={}, description="Headers that are sent. Never a secret: that is what `auth` is for.")
    auth: Auth | None = Field(default=None, description="The secret that the feed wants, if any.")
    records: JsonPointer = Field(
        default="", description="JSON only: where the list of records is, as in `/data/items`; empty: the document is the list."
    )
    delimiter: Literal[",", ";", "\t", "|"] = Field(default=",", description="CSV only: what stands between fields.")
    max_bytes: int = Field(
        default=16_777_216, ge=1, le=1_073_741_824, description="The longest answer that it takes; a longer one fails the task."
    )
    wait_seconds: float = Field(default=30, ge=1, le=600, description="How long it waits for the feed to answer.")
    on_bad_record: Literal["fail", "skip"] = Field(
        default="fail", description="A record that does not fit its columns: fail, or count and skip it."
    )

    @model_validator(mode="after")
    def _names_each_column_once(self) -> Self:
        names = [column.name for column in self.columns]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"there are two columns {twice[0]}; give one of them another name")
        return self

    @model_validator(mode="after")
    def _says_nothing_of_the_other_format(self) -> Self:
        if self.format == "csv" and (self.records or any(column.pointer is not None for column in self.columns)):
            raise ValueError("records and pointer are for JSON; leave them out of a CSV feed")
        if self.format == "json" and (self.delimiter != "," or any(column.header is not None for column in self.columns)):
            raise ValueError("delimiter and header are for CSV; leave them out of a JSON feed")
        return self

    @property
    def named_secrets(self) -> Mapping[Place, str]:
        return {("auth", "secret"): self.auth.secret} if self.auth else {}

    @property
    def feed(self) -> str:
        return self.url

    def made_columns(self, output: int) -> Sequence[Column]:
        return [Column(one.name, ColumnType(one.type), "", nullable=one.nullable) for one in self.columns]
