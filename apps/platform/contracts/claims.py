"""What a worker asks for, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from apps.platform.contracts.names import (
    MOST_BATCH,
)
from apps.platform.contracts.parts import (
    Block,
    Part,
    PartitionKey,
    Reason,
    WorkerId,
)
from apps.platform.contracts.reading import PinnedInput
from apps.platform.json import Json


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
    """`invalidation`: what the event names is there already, and does not hold any more, for this reason."""

    input: int
    event: EventSeen
    invalidation: Reason | Literal["manual"] | None = None


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
    name: str = Field("", description="What the operator calls it; files are named after it.")
    storage: Literal["s3", "postgres"] | None = Field(None, description="Left out: events alone.")
    write_mode: Literal["buffered", "direct"] | None = Field(
        None, description="Of `postgres`: by the sink, or by the task itself."
    )


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
    resets_outputs: bool = False
    arrived: list[ArrivedEvent] = Field(default_factory=list)
    fired: FiredBy | None = None
    outputs: list[OutputSlot] = Field(default_factory=list)
    inputs: list[PinnedInput] = Field(
        default_factory=list, description="What was pinned of the inputs that are kept as files; their files come page by page."
    )
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
