"""The contract of what an attempt writes to the object store: where it may, and what it says it has written."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from apps.platform.contracts.parts import Block, Fenced, Part, PartitionKey
from apps.platform.contracts.reading import WantedInput

CREDENTIALS_PATH = "/v1/task/credentials"
# Their prefixes make the policy of one session, which is bounded in length.
MOST_PARTITIONS_AT_ONCE = 4


class PartitionNamed(Part):
    """A range, or a key that is none."""

    start: Block | None = None
    end: Block | None = None
    partition_key: PartitionKey | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.start is None) != (self.end is None) or (self.start is None) == (self.partition_key is None):
            raise ValueError("name a partition by start and end, or by partition_key")
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ValueError("a range ends where it starts, or after")
        return self

    @property
    def key(self) -> str:
        return self.partition_key if self.partition_key is not None else f"{self.start}-{self.end}"


class PublishedPartition(PartitionNamed):
    """What was written whole to the attempt's own place for it: a manifest with that SHA-256, its files, and a `_SUCCESS`."""

    dataset_uuid: UUID
    dataset_version: UUID
    manifest_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class WantedPartition(PartitionNamed):
    output: int = Field(ge=0, le=255)


class CredentialsRequest(Fenced):
    """`scratch`: also for the attempt's own folder that nothing is committed from. `reads`: to read what was pinned."""

    partitions: list[WantedPartition] = Field(default_factory=list, max_length=MOST_PARTITIONS_AT_ONCE)
    scratch: bool = False
    reads: WantedInput | None = None

    @model_validator(mode="after")
    def _wants_something(self) -> Self:
        if not self.partitions and not self.scratch and self.reads is None:
            raise ValueError("name a partition, or what is to be read, or ask for scratch")
        return self


class CredentialsAnswer(Part):
    """Good for these prefixes and no others. `endpoint` is empty for AWS's own; `prefixes` are `s3://bucket/path/`, in the order asked."""

    endpoint: str
    region: str
    access_key_id: str
    secret_access_key: str = Field(repr=False)
    session_token: str = Field(repr=False)
    expires_at: datetime
    prefixes: list[str]
    scratch: str | None = None
