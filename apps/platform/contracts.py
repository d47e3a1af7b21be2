"""The contracts between the dispatcher and its workers: queue names, paths and bodies, as both sides use them.

A block number is decimal text in JSON: it may pass what a double holds. A batch answers item by item, each with the
status that a call of its own would have had.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from apps.platform.json import Json

WORKER_TOKEN_HEADER = "X-Trace-Worker-Token"
CAPABILITY_HEADER = "X-Trace-Task-Capability"
CAPABILITY_AUDIENCE = "trace.task"

PROBE_QUEUE = "probe"
TASK_QUEUE = "tasks"

PROBE_RECEIPT_PATH = "/internal/probe-receipts"
CLAIM_PATH, CLAIMS_PATH = "/internal/task-claim", "/internal/task-claims"
FETCH_PATH = "/internal/task-fetch"
JWKS_PATH = "/internal/jwks/task"
HEARTBEAT_PATH, HEARTBEATS_PATH = "/v1/task/heartbeat", "/v1/task/heartbeats"
EVENTS_PATH, EVENT_BATCHES_PATH = "/v1/task/events", "/v1/task/event-batches"
COMPLETE_PATH, COMPLETIONS_PATH = "/v1/task/complete", "/v1/task/completions"
LOGS_PATH = "/v1/task/logs"

# The code of a 409 that ends this attempt and not its task: somebody else wrote the job's state.
STATE_MOVED = "state_moved"

# The most of one call. A body is refused above 4 MiB whatever it holds.
MOST_BATCH = 500
MOST_EVENTS = 10_000
MOST_LINES = 2_000
LONGEST_LINE = 16_384
MOST_DATA_BYTES = 65_536
MOST_BODY_BYTES = 4 * 1024 * 1024


def _digits(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19 else value


def _storable(value: Any) -> Any:
    """JSON of the world may hold what no database does."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        raise ValueError("holds a number that is none, or what JSON cannot say") from None
    if "\\u0000" in text:
        raise ValueError("holds a NUL character, which cannot be stored")
    return value


def _without_nul(value: object) -> object:
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


Stored = Annotated[Any, AfterValidator(_storable)]
StoredDict = Annotated[dict[str, Any], AfterValidator(_storable)]
# What people read: a character that cannot be kept is no reason to lose the rest.
Words = BeforeValidator(_without_nul)
Block = Annotated[int, BeforeValidator(_digits), PlainSerializer(str, when_used="json"), Field(ge=0, le=2**63 - 1)]
WorkerId = Annotated[str, Field(pattern=r"^[\w.:@-]{1,120}$")]
PartitionKey = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]


MetricName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Part(BaseModel):
    """No key that is not named here: what one side does not know yet is an error and never lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- on the queue --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProbeMessage:
    """Come back and say that you got here."""

    probe_id: str

    @classmethod
    def parse(cls, payload: Json) -> Self:
        return cls(_text(payload, "probe_id"))

    def to_json(self) -> Json:
        return {"probe_id": self.probe_id}


@dataclass(frozen=True)
class TaskMessage:
    """A wake-up: there is a task to claim. Lost, late or twice, it changes nothing."""

    task_id: UUID

    @classmethod
    def parse(cls, payload: Json) -> Self:
        return cls(UUID(_text(payload, "task_id")))

    def to_json(self) -> Json:
        return {"task_id": str(self.task_id)}


def _text(payload: Json, key: str) -> str:
    if not isinstance(payload, dict) or not isinstance(value := payload.get(key), str):
        raise ValueError(f"the message is {{'{key}': text}}")  # noqa: TRY004  the value is wrong, whatever its type
    return value


# --- workers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProbeReceipt:
    probe_id: str
    worker_id: str
    worker_kind: str

    def to_json(self) -> dict[str, Json]:
        return {"probe_id": self.probe_id, "worker_id": self.worker_id, "worker_kind": self.worker_kind}


class ClaimRequest(Part):
    task_id: UUID
    worker_id: WorkerId


class ClaimsRequest(Part):
    task_ids: list[UUID] = Field(min_length=1, max_length=MOST_BATCH)
    worker_id: WorkerId


class WhyNot(StrEnum):
    ALREADY_RUNNING = "AlreadyRunning"
    COMPLETED = "Completed"
    CANCELED = "Canceled"
    NOT_FOUND = "NotFound"
    PAUSED = "Paused"
    # It failed, and waits for its retry or for somebody to look at it.
    FAILED = "Failed"


class NotClaimed(Part):
    status: Literal["NotClaimed"] = "NotClaimed"
    task_id: UUID
    reason: WhyNot


class EventSeen(Part):
    """An event as its consumer sees it."""

    output: int
    cursor: Block | None = None
    start: Block | None = None
    end: Block | None = None
    partition_key: PartitionKey | None = None
    data: dict[str, Any] | None = None


class ArrivedEvent(Part):
    input: int
    event: EventSeen


class WebhookCall(Part):
    """`body` is base64: it is whatever the sender sent."""

    id: str
    body: str


class FiredBy(Part):
    at: datetime
    start: Block | None = None
    end: Block | None = None
    request: WebhookCall | None = None


class OutputSlot(Part):
    """Where an output goes: which dataset, and which version of it this task may write."""

    output: int
    dataset_uuid: UUID
    dataset_version: UUID


class StateRead(Part):
    revision: int = 0
    value: Any = None


class TaskOrder(Part):
    """All that a worker needs to run one attempt."""

    org_id: UUID
    dag: str
    job: str
    version: int = Field(description="Number of the DAG version.")
    operator: str
    operator_version: str
    config: dict[str, Any]
    update_strategy: Literal["append", "replace"] | None = None
    unique_key: list[str] = Field(default_factory=list)
    arrived: list[ArrivedEvent] = Field(default_factory=list)
    fired: FiredBy | None = None
    outputs: list[OutputSlot] = Field(default_factory=list)
    state: StateRead = StateRead()
    secrets: dict[str, str] = Field(default_factory=dict, repr=False)
    timeout_seconds: int | None = None
    heartbeat_seconds: int = 30
    memory_mb: int = 256
    cpu_millis: int = 100


class Claimed(Part):
    status: Literal["Claimed"] = "Claimed"
    task_id: UUID
    attempt: int
    lease_token: UUID
    lease_expires_at: datetime
    lease_seconds: int
    capability_token: str = Field(repr=False)
    task: TaskOrder


class Invocation(Part):
    """What a function is called with: a task that was claimed for it, and where it reports."""

    base_url: str
    claimed: Claimed


class ClaimsAnswer(Part):
    """In the order in which they were asked for."""

    results: list[Annotated[Claimed | NotClaimed, Field(discriminator="status")]]


class TaskLook(Part):
    """`task-fetch`: what a worker may ask without changing anything."""

    task_id: UUID
    status: str
    attempt: int
    canceled: bool


# --- lease holders -------------------------------------------------------------------------------------------------


class Fenced(Part):
    """Who speaks: the attempt that holds the lease. Another one changes nothing and hears 409."""

    task_id: UUID
    attempt: int = Field(ge=1, le=2**31 - 1)
    lease_token: UUID


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


class ReportedEvent(Part):
    """What an output says is there: everything up to a cursor, a range, a partition; or nothing but that it happened."""

    dataset_uuid: UUID
    dataset_version: UUID
    cursor: Block | None = None
    start: Block | None = None
    end: Block | None = None
    partition_key: PartitionKey | None = None
    data: StoredDict | None = None

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
    """`retryable: false` ends the task: another attempt would fail in the same way."""

    type: Annotated[str, Words] = Field(max_length=200)
    message: Annotated[str, Words] = Field(max_length=8_000)
    stack: Annotated[str, Words] = Field("", max_length=32_000)
    retryable: bool = True


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
    datasets_published: list[StoredDict] = Field(default_factory=list, max_length=64)
    metrics: dict[MetricName, Finite | int] = Field(default_factory=dict, max_length=200)
    error: TaskError | None = None

    @model_validator(mode="after")
    def _a_failure_says_why(self) -> Self:
        if (self.status is Ending.FAILED) != (self.error is not None):
            raise ValueError("`error` belongs to status Failed, and to no other")
        if self.status is not Ending.COMPLETED and (self.events or self.state or self.outputs):
            raise ValueError("only status Completed brings events, outputs or state")
        return self


class CompletionAnswer(Part):
    task_id: UUID
    status: str
    replayed: bool = False


class LogLine(Part):
    at: datetime
    level: Literal["debug", "info", "warning", "error"] = "info"
    text: str = Field(max_length=LONGEST_LINE)


class LogBatch(Fenced):
    """`first_line` counts from 0 over the attempt: what came before is not written twice."""

    first_line: int = Field(ge=0, le=2**31 - 1)
    lines: list[LogLine] = Field(min_length=1, max_length=MOST_LINES)


class LogAnswer(Part):
    task_id: UUID
    next_line: int
    # Too much was said: from here on lines are counted and not kept.
    full: bool = False


# --- batches -------------------------------------------------------------------------------------------------------


class Item(Part):
    """A call within a batch, with the token that a call of its own would carry in its header."""

    capability_token: str = Field(max_length=8_192, repr=False)


class HeartbeatItem(Item):
    body: Heartbeat


class EventsItem(Item):
    body: EventsReport


class CompletionItem(Item):
    body: Completion


class HeartbeatBatch(Part):
    items: list[HeartbeatItem] = Field(min_length=1, max_length=MOST_BATCH)


class EventsBatch(Part):
    items: list[EventsItem] = Field(min_length=1, max_length=MOST_BATCH)


class CompletionBatch(Part):
    items: list[CompletionItem] = Field(min_length=1, max_length=MOST_BATCH)


class ItemResult(Part):
    """`status` is HTTP's: 200 with `answer`, else `code` and `message`."""

    task_id: UUID
    status: int
    answer: Mapping[str, Any] | None = None
    code: str = ""
    message: str = ""


class BatchAnswer(Part):
    """In the order in which they were sent."""

    results: list[ItemResult]
