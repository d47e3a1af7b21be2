"""What the holder of a lease says."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from apps.platform.contracts.names import (
    MOST_EVENTS,
    MOST_PUBLISHED,
)
from apps.platform.contracts.parts import (
    Block,
    Fenced,
    Finite,
    MetricName,
    Part,
    PartitionKey,
    Reason,
    Stored,
    StoredDict,
    Words,
)
from apps.platform.contracts.reading import MOST_READ, ReadPin
from apps.platform.contracts.storing import PublishedPartition


class Progress(Part):
    done: int = Field(ge=0, le=2**63 - 1)
    total: int | None = Field(None, ge=0, le=2**63 - 1)
    note: Annotated[str, Words] = Field("", max_length=200)


class Heartbeat(Fenced):
    progress: Progress | None = None


class HeartbeatAnswer(Part):
    task_id: UUID
    lease_expires_at: datetime
    canceled: bool
    # From now on in place of the one that was shown, which has less than a third of its time left.
    capability_token: str | None = Field(None, repr=False)


class Bounds(Part):
    """Both inclusive."""

    gte: Block
    lte: Block

    @model_validator(mode="after")
    def _is_some(self) -> Self:
        if self.gte > self.lte:
            raise ValueError("a range ends where it starts, or after")
        return self


class RowFilter(Part):
    block_number: Bounds


class ReportedEvent(Part):
    """What an output says is there: everything up to a cursor, a range, a partition; or nothing but that it happened.

    With `scope` it is an invalidation: the rows of `row_filter`, or the partition, do not hold any more, for the `reason`.
    """

    dataset_uuid: UUID
    dataset_version: UUID
    cursor: Block | None = None
    start: Block | None = None
    end: Block | None = None
    partition_key: PartitionKey | None = None
    data: StoredDict | None = None
    scope: Literal["partition", "row_range"] | None = None
    row_filter: RowFilter | None = None
    reason: Reason | None = None

    @model_validator(mode="after")
    def _invalidates_one_thing(self) -> Self:
        if (self.scope is None) != (self.reason is None):
            raise ValueError("scope and reason go together: they make it an invalidation")
        if (self.scope == "row_range") != (self.row_filter is not None):
            raise ValueError("row_filter belongs to scope row_range, and to no other")
        if self.scope is not None and (self.cursor is not None or self.data is not None):
            raise ValueError("an invalidation has neither cursor nor data")
        has_partition = self.start is not None or self.partition_key is not None
        if self.scope is not None and has_partition != (self.scope == "partition"):
            raise ValueError(
                "scope partition names one by partition_key or by start and end, scope row_range by row_filter alone"
            )
        return self

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end go together")
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ValueError("a range ends where it starts, or after")
        if self.cursor is not None and (self.start is not None or self.partition_key is not None):
            raise ValueError("an event has a cursor, or a range or partition; not both")
        return self


class StateWrite(Part):
    """`revision` is the one that was read: whoever wrote since then wins, and this attempt hears 409."""

    revision: int = Field(ge=0)
    value: Stored = None


class EventsReport(Fenced):
    """`sequence` numbers the reports of an attempt, so that of a source that never ends a report that comes twice is told from
    one that says the same again.
    """

    sequence: int | None = Field(None, ge=1, le=2**31 - 1)
    events: list[ReportedEvent] = Field(default_factory=list, max_length=MOST_EVENTS)
    state: StateWrite | None = None


class EventsAnswer(Part):
    task_id: UUID
    accepted: int
    duplicates: int
    state_revision: int | None = None


class TaskError(Part):
    """`retryable: false` ends the task: another attempt would fail in the same way. `wait_seconds`: nothing failed, the task waits
    for something, and is to come back after about that time without having used up an attempt; heard of trusted operators only.
    """

    type: Annotated[str, Words] = Field(max_length=200)
    message: Annotated[str, Words] = Field(max_length=8_000)
    stack: Annotated[str, Words] = Field("", max_length=32_000)
    retryable: bool = True
    wait_seconds: float | None = Field(None, gt=0, le=3600)


class Ending(StrEnum):
    COMPLETED = "Completed"
    FAILED = "Failed"
    # It learnt that it was canceled, and stopped.
    CANCELED = "Canceled"
    # The worker stops; uses up no attempt.
    HANDED_BACK = "HandedBack"


class Completion(EventsReport):
    status: Ending
    outputs: list[StoredDict] = Field(default_factory=list, max_length=64)
    datasets_published: list[PublishedPartition] = Field(default_factory=list, max_length=MOST_PUBLISHED)
    read: list[ReadPin] = Field(default_factory=list, max_length=MOST_READ)
    # Pins of what it read and found to be wrong: their partitions are made again.
    disputed: list[UUID] = Field(default_factory=list, max_length=MOST_READ)
    metrics: dict[MetricName, Finite | int] = Field(default_factory=dict, max_length=200)
    error: TaskError | None = None

    @model_validator(mode="after")
    def _a_failure_says_why(self) -> Self:
        if (self.status is Ending.FAILED) != (self.error is not None):
            raise ValueError("`error` belongs to status Failed, and to no other")
        if self.status is not Ending.COMPLETED and (
            self.events or self.state or self.outputs or self.datasets_published or self.disputed
        ):
            raise ValueError("only status Completed brings events, outputs, partitions, disputes or state")
        return self


class CompletionAnswer(Part):
    task_id: UUID
    status: str
    replayed: bool = False
