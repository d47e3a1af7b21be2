"""What a task is and what may become of it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5


class Status(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    # With a time at which it is tried again, or without: then it is a dead letter.
    FAILED = "failed"
    CANCELED = "canceled"


class Outcome(StrEnum):
    """How an attempt ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    HANDED_BACK = "handed_back"
    LEASE_EXPIRED = "lease_expired"


class Cause(StrEnum):
    """What a task was made by."""

    EVENT = "event"
    CRON = "cron"
    WEBHOOK = "webhook"
    MANUAL = "manual"
    SOURCE = "source"
    RERUN = "rerun"


class Priority(IntEnum):
    LOW = 0
    NORMAL = 1
    HIGH = 2


class EventKind(StrEnum):
    CURSOR = "cursor"
    RANGE = "range"
    PARTITION = "partition"
    # It happened, and says nothing of what is there.
    SIGNAL = "signal"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


# A chunk of lines keeps their levels as a text, a letter each.
LETTERS = {level: level[0] for level in LogLevel}
LEVELS = {letter: level for level, letter in LETTERS.items()}


@dataclass(frozen=True)
class Fence:
    """The right to speak for a task: this attempt, by this lease."""

    task_id: UUID
    attempt: int
    lease_token: UUID


# A container of its own, rather than a place with the platform workers.
CONTAINER = "ecs_task"
FUNCTION = "lambda"
# Longer no function runs, whatever it is.
FUNCTION_SECONDS, FUNCTION_GRACE_SECONDS = 900, 60

RETRY_FIRST, RETRY_LONGEST = timedelta(seconds=30), timedelta(minutes=10)
LEASE, HEARTBEAT = timedelta(seconds=120), timedelta(seconds=30)
# Fence, capability token and timeouts of a worker end before this is missed.
TOKEN_GRACE, TOKEN_LONGEST = timedelta(minutes=5), timedelta(hours=24)
MAX_ATTEMPTS = 3

_JOBS = uuid5(NAMESPACE_URL, "trace:jobs")


def live_job_id(dag_id: UUID, name: str) -> UUID:
    """The identity of a job over versions."""
    return uuid5(_JOBS, f"{dag_id}/{name}")


def oldest_of(task_ids: Iterable[UUID]) -> UUID:
    """No row of these tasks has a smaller id, so months before it need not be looked at. Ids begin with the milliseconds of their
    making; an hour for a clock that was set back.
    """
    milliseconds = min((task_id.int for task_id in task_ids), default=0) >> 80
    return UUID(int=max(0, milliseconds - 3_600_000) << 80)


def dataset_id(job_id: UUID, output: int) -> UUID:
    return uuid5(job_id, f"output/{output}")


def version_id(job_id: UUID, output: int, generation: UUID) -> UUID:
    """The same work is the same version, always."""
    return uuid5(dataset_id(job_id, output), str(generation))


def generation_of(job_id: UUID, definition_hash: str, upstream: Iterable[UUID]) -> UUID:
    """A job's output is made anew when it changes, or anything that it is made of."""
    return uuid5(job_id, "/".join([definition_hash, *sorted(str(one) for one in upstream)]))


def retry_wait(failures: int, *, jitter: float) -> timedelta:
    """30 s doubling to 10 min; `jitter` in 0.5 to 1.5 keeps tasks that failed together from returning together."""
    return min(RETRY_FIRST * int(2 ** min(failures - 1, 16)), RETRY_LONGEST) * jitter


def token_lifetime(timeout_seconds: int | None) -> timedelta:
    """As long as the attempt may take; one without an end is given a new one with a heartbeat."""
    if timeout_seconds is None:
        return TOKEN_LONGEST
    return min(timedelta(seconds=timeout_seconds) + TOKEN_GRACE, TOKEN_LONGEST)


def digest_of(body: Mapping[str, object]) -> str:
    """By which a completion that comes twice is known to be the same."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()


def cron_key(scheduled_at: datetime) -> str:
    return f"cron:{scheduled_at.isoformat()}"
