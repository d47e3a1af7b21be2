"""The contracts of buffered datasets: what a producer says of a batch, and what a sink asks and tells."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from apps.platform.contracts.parts import Fenced, Part, Words, WorkerId

PUBLISH_PATH = "/v1/task/buffer-publish"
BUFFERS_PATH = "/internal/buffers"
BATCH_CLAIM_PATH = "/internal/batch-claim"
BATCH_END_PATH = "/internal/batch-end"

# Of a batch that is refused: enough to see what is wrong with its maker.
MOST_FAULTS = 20
_Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]


class BufferPublish(Fenced):
    """Rows of an output that lie in the attempt's scratch. `dedupe_scope`: a later attempt that hands the same rows over says
    the same, and they are not taken twice.
    """

    batch_uri: _Line = Field(min_length=1, max_length=1_100)
    content_type: _Line = Field(min_length=1, max_length=100)
    batch_size_bytes: int = Field(ge=0, le=2**40)
    dedupe_scope: _Line = Field("", max_length=200)
    output: int = Field(0, ge=0, le=255)


class BufferPublished(Part):
    batch_id: UUID
    duplicate: bool = False


class Buffers(Part):
    """The datasets whose tables are ready: each has a queue of its own."""

    dataset_ids: list[UUID]


class BatchClaimRequest(Part):
    batch_id: UUID
    worker_id: WorkerId


class BatchColumn(Part):
    name: str
    type: str
    nullable: bool


class BatchClaimed(Part):
    """All that a sink needs. `url` reads that one object and nothing else, for `hold_seconds`. `order`: the batch whose place its
    rows have among others with the same key; that of the dead letter which it was made of, and its own where there is none.
    """

    status: Literal["Claimed"] = "Claimed"
    batch_id: UUID
    order: UUID
    org_id: UUID
    dataset_id: UUID
    task_id: UUID
    job_id: UUID
    columns: list[BatchColumn]
    unique: list[str]
    replaces: bool
    content_type: str
    size_bytes: int
    url: str = Field(repr=False)
    hold_seconds: int


class WhyNoBatch(StrEnum):
    WRITTEN = "Written"
    DEAD = "Dead"
    NOT_FOUND = "NotFound"
    # Its table is not there yet, or was altered by hand: told of again when it is right.
    NO_TABLE = "NoTable"


class BatchNotClaimed(Part):
    status: Literal["NotClaimed"] = "NotClaimed"
    batch_id: UUID
    reason: WhyNoBatch


class BatchClaimAnswer(Part):
    result: Annotated[BatchClaimed | BatchNotClaimed, Field(discriminator="status")]


class Fault(Part):
    """`row` counts from 1, as lines do; 0 for the batch as a whole. `column` is empty where the row itself cannot be read."""

    row: int = Field(ge=0)
    column: Annotated[str, Words] = Field("", max_length=200)
    reason: Annotated[str, Words] = Field(max_length=500)


class BatchEnding(StrEnum):
    WRITTEN = "Written"
    REJECTED = "Rejected"
    # Its table is not what it was made as.
    DRIFTED = "Drifted"
    # Something else, which may pass.
    FAILED = "Failed"


class BatchEnd(Part):
    batch_id: UUID
    worker_id: WorkerId
    ending: BatchEnding
    rows: int = Field(0, ge=0)
    faults: list[Fault] = Field(default_factory=list, max_length=MOST_FAULTS)
    fault_count: int = Field(0, ge=0)
    error: Annotated[str, Words] = Field("", max_length=2_000)


class BatchEndAnswer(Part):
    """`state`: of the batch, afterwards."""

    batch_id: UUID
    state: str
