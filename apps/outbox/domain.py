"""What an outbox message is, and who performs its effect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from apps.platform.json import Json


class State(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Claimed:
    """A message in the hands of one publisher, until its claim runs out. `claim` is the fence."""

    id: UUID
    kind: str
    payload: Json
    claim: int
    attempt: int
    created_at: datetime


# Performs the effect of a batch. Must be idempotent: a publisher that dies after the effect leads to a second call.
Handler = Callable[[Sequence[Claimed]], None]

_handlers: dict[str, Handler] = {}


def register(kind: str, handler: Handler) -> None:
    """Called from the AppConfig of the app that owns the kind, which may stand above the one that puts it."""
    if _handlers.setdefault(kind, handler) is not handler:
        raise ValueError(f"outbox kind {kind!r} already has a handler")


def handler_of(kind: str) -> Handler:
    """Raises LookupError for a kind that this version does not know: an older process beside a newer one. The row is tried again."""
    try:
        return _handlers[kind]
    except KeyError:
        raise LookupError(f"this version has no handler for outbox kind {kind!r}") from None


BACKOFF_FIRST, BACKOFF_LONGEST = timedelta(seconds=1), timedelta(minutes=5)


def backoff(attempt: int, *, jitter: float) -> timedelta:
    """1 s doubling to 5 min; `jitter` in 0.5 to 1.5 keeps rows that failed together from returning together."""
    exponent = min(attempt - 1, 16)
    return min(BACKOFF_FIRST * int(2**exponent), BACKOFF_LONGEST) * jitter
