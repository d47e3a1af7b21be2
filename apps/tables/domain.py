"""Tables of datasets, and the batches on their way into them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

# Outbox: make or widen the table of a dataset; tell its sink of a batch; say that a batch is in its table.
PREPARE, PUBLISH, WRITTEN = "prepare_table", "publish_buffer", "batch_written"

# What a sink reads. Any of them may be packed with gzip.
LINES = "application/x-ndjson"
CONTENT_TYPES = (
    LINES, "application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file", "application/vnd.apache.parquet",
)  # fmt: skip
# What a producer may hand over as one batch.
MOST_BYTES = 16 * 1024 * 1024
# Times that a batch is given to a sink before it is a dead letter.
MOST_CLAIMS = 10
# How long a sink has for a batch before another may have it.
HOLD = timedelta(minutes=5)
# How long a link to a batch is good: as long as it is held.
LINK = HOLD


class TableState(StrEnum):
    PENDING = "pending"
    READY = "ready"
    # It cannot be made as it is wanted; `error` says why.
    FAILED = "failed"
    # Somebody altered it by hand; nothing is written until that is put right.
    DRIFTED = "drifted"


class BatchState(StrEnum):
    WAITING = "waiting"
    WRITTEN = "written"
    DEAD = "dead"
    # It was dead, and a batch that was made of it is in its place.
    REPLACED = "replaced"


@dataclass(frozen=True)
class Producer:
    """The attempt that hands a batch over."""

    org_id: UUID
    task_id: UUID
    attempt: int
    job_id: UUID
    output: int


@dataclass(frozen=True)
class Handed:
    """A batch as its producer says it. `scope`: handed over again by a later attempt of the task under the same, it is not taken twice."""

    uri: str
    content_type: str
    size_bytes: int
    scope: str = ""
