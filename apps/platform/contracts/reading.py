"""The contract of what an attempt reads: what was pinned for it, where the files are, and what it says it has read."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from apps.platform.contracts.parts import Block, Fenced, Part

INPUTS_PATH = "/v1/task/inputs"
# Of one answer; a partition has at most 256 files.
MOST_LISTED, MOST_FILES_LISTED = 50, 2_000
# Of one attempt, and of its completion.
MOST_READ = 10_000


class PinnedVersion(Part):
    """What was current of one version when the task was claimed, as far as the task is about it."""

    dataset_version: UUID
    partitions: int
    rows: int
    size_bytes: int


class PinnedInput(Part):
    """`versions` is empty where nothing was there. Of several producers each has a version of its own."""

    input: int
    name: str = Field(description="The dataset, or the job and the number of its output.")
    versions: list[PinnedVersion] = Field(default_factory=list)


class InputsRequest(Fenced):
    """`after` is the `next` of the page before."""

    input: int = Field(ge=0, le=255)
    after: UUID | None = None


class PinnedFile(Part):
    name: str
    size_bytes: int
    sha256: str
    rows: int


class PinnedPartition(Part):
    """`prefix` is `s3://bucket/path/`; the files lie right below it. `key_min` and `key_max` are of the column that ranges are of."""

    pin: UUID
    dataset_version: UUID
    key: str
    number: int = Field(description="How often the partition had been made.")
    start: Block | None = None
    end: Block | None = None
    rows: int
    size_bytes: int
    prefix: str
    manifest_sha256: str
    key_min: int | None = None
    key_max: int | None = None
    files: list[PinnedFile]


class InputsAnswer(Part):
    """In the order of ranges, then of keys. `next` is left out with the last of them."""

    partitions: list[PinnedPartition]
    next: UUID | None = None


class WantedInput(Part):
    """The pinned partitions of one version."""

    input: int = Field(ge=0, le=255)
    dataset_version: UUID


class ReadPin(Part):
    """Rows that the operator was handed, and bytes that were fetched for them; twice where it read twice."""

    pin: UUID
    rows: int = Field(ge=0, le=2**63 - 1)
    size_bytes: int = Field(ge=0, le=2**63 - 1)
