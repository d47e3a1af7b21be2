"""What a task is and what may become of it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from uuid import UUID

from apps.dispatch.spans import LAST, range_of_key
from operators.sdk.words import Runtime

# The outbox kind that tells the floor above which events are of data that is kept, so that how it was made is kept as well.
EMIT_LINEAGE = "emit_lineage"
# That attempts began or ended: put only where somebody outside wants to know.
TELL_RUNS = "tell_runs"
# That something happened to streams of chain_sync, or to their tasks: whoever plans their ranges looks.
TELL_STREAMS = "tell_streams"


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
    # Planned for a version that is built, or missed by one that took over.
    REBUILD = "rebuild"
    INVALIDATION = "invalidation"
    # Somebody chose a part of a dataset, and it is made, or made anew.
    BACKFILL = "backfill"
    # A range of a chain that is synchronised.
    SYNC = "sync"


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


class InvalidScope(StrEnum):
    """What of an output an invalidation is about."""

    PARTITION = "partition"
    ROW_RANGE = "row_range"


@dataclass(frozen=True)
class What:
    """A partition by its key, or the rows of a range."""

    scope: InvalidScope
    key: str = ""
    start: int | None = None
    end: int | None = None


def a_partition(key: str) -> What:
    start, end = range_of_key(key) or (None, None)
    return What(InvalidScope.PARTITION, key, start, end)


def rows_between(start: int, end: int) -> What:
    return What(InvalidScope.ROW_RANGE, "", start, end)


# Whatever there is, also of partitions whose keys are no ranges.
EVERYTHING = rows_between(0, LAST)


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


# Makes of one range many; its config says how long they are.
SPLITTER = "range_splitter"
# A container of its own, rather than a place with the platform workers.
CONTAINER = "ecs_task"
FUNCTION = Runtime.LAMBDA.value
# The runtime whose tasks wait in one queue of all orgs.
SHARED = Runtime.ECS_PLATFORM.value
# As a worker: what runs or ends in the dispatcher itself.
DISPATCHER = "dispatcher"
# Longer no function runs, whatever it is.
FUNCTION_SECONDS, FUNCTION_GRACE_SECONDS = 900, 60

RETRY_FIRST, RETRY_LONGEST = timedelta(seconds=30), timedelta(minutes=10)
LEASE, HEARTBEAT = timedelta(seconds=120), timedelta(seconds=30)
# Fence, capability token and timeouts of a worker end before this is missed.
TOKEN_GRACE, TOKEN_LONGEST = timedelta(minutes=5), timedelta(hours=24)
MAX_ATTEMPTS = 3


def oldest_of(task_ids: Iterable[UUID]) -> UUID:
    """No row of these tasks has a smaller id, so months before it need not be looked at. Ids begin with the milliseconds of their
    making; an hour for a clock that was set back.
    """
    milliseconds = min((task_id.int for task_id in task_ids), default=0) >> 80
    return UUID(int=max(0, milliseconds - 3_600_000) << 80)


def id_at(instant: datetime) -> UUID:
    """Ids of rows that were made then or later are not smaller."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)


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
