from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from django.db import connection

from apps.orm.prepared import prepared_cursor
from apps.outbox import sql
from apps.outbox.domain import Claimed, State, backoff, handler_of
from apps.outbox.wake import draining, wake_publisher
from apps.platform import metrics
from apps.platform.config import Config
from apps.platform.errors import Transient
from apps.platform.json import Json
from apps.platform.text import printable

_MOST_TURNS = 100
_random = random.SystemRandom()
log = structlog.get_logger("trace.outbox")


@dataclass(frozen=True)
class Failure:
    """`may_pass`: a server is down, which is nothing that the message could be blamed for."""

    message: Claimed
    error: str
    may_pass: bool

    @property
    def wait_seconds(self) -> float:
        tries = self.message.claim if self.may_pass else self.message.attempt
        return backoff(tries, jitter=_random.uniform(0.5, 1.5)).total_seconds()


@dataclass
class Published:
    """What became of one batch."""

    done: list[Claimed] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.done) + len(self.failed)


@dataclass
class Drained:
    """`has_failures`: something waits for its time now."""

    turns: int = 0
    has_failures: bool = False


def drain(config: Config, *, is_wanted: Callable[[], bool] = lambda: True) -> Drained:
    """Batch after batch until nothing is due, also of what the effects themselves put. Safe to run many at once."""
    drained = Drained()
    done: Sequence[Claimed] = ()
    with draining():
        while batch := _turn(done, config):
            published = _performed(batch)
            _settle_failed(published, config)
            done = published.done
            drained.turns += 1
            drained.has_failures = drained.has_failures or bool(published.failed)
            # Bounded, so that under a flood the other loops have their turn; whoever hears of it goes on.
            if drained.turns == _MOST_TURNS or not is_wanted():
                _turn(done, config, limit=0)
                wake_publisher()
                break
    return drained


def publish_batch(config: Config) -> Published:
    """One batch: claimed, its effects performed outside any transaction, and settled."""
    published = _performed(_turn((), config))
    if published.done:
        _turn(published.done, config, limit=0)
    _settle_failed(published, config)
    return published


def _performed(batch: Sequence[Claimed]) -> Published:
    published = Published()
    for kind, messages in _by_kind(batch).items():
        _perform(kind, messages, published)
    _measure(published)
    return published


def _turn(done: Sequence[Claimed], config: Config, *, limit: int | None = None) -> list[Claimed]:
    """What was done is settled, and what is due next claimed."""
    params = _fences(done) | {
        "limit": config.outbox_batch if limit is None else limit,
        "claim_seconds": config.outbox_claim_seconds,
        "max_attempts": config.outbox_max_attempts,
    }
    with prepared_cursor() as cursor:
        cursor.execute(sql.TURN, params)
        rows = cursor.fetchall()
    claimed = (Claimed(id_, kind, _decoded(payload), *rest) for id_, kind, payload, *rest in rows)
    return sorted(claimed, key=lambda message: message.id)


def _decoded(payload: str) -> Json:
    # Django leaves jsonb undecoded on raw cursors: its JSONField wants to choose the decoder.
    decoded: Json = json.loads(payload)
    return decoded


def _by_kind(batch: Sequence[Claimed]) -> dict[str, list[Claimed]]:
    kinds: dict[str, list[Claimed]] = defaultdict(list)
    for message in batch:
        kinds[message.kind].append(message)
    return kinds


def _perform(kind: str, messages: Sequence[Claimed], published: Published) -> None:
    error = _attempt(kind, messages)
    if error is None:
        published.done += messages
    elif len(messages) == 1 or isinstance(error, Transient):
        # A server that is down is down for each of them, and to ask it once for every row would outlast the claim.
        words, may_pass = printable(f"{type(error).__name__}: {error}")[:2000], isinstance(error, Transient)
        published.failed += [Failure(message, words, may_pass) for message in messages]
    else:
        # One bad row must not hold back its neighbours; handlers are idempotent, so each may go again alone.
        for message in messages:
            _perform(kind, [message], published)


def _attempt(kind: str, messages: Sequence[Claimed]) -> Exception | None:
    """None, or why it failed: whatever a handler raises is the row's failure, not the publisher's."""
    try:
        handler_of(kind)(messages)
    except Exception as error:  # noqa: BLE001  see above
        log.warning("outbox_attempt_failed", kind=kind, messages=len(messages), error=repr(error))
        return error
    return None


def _settle_failed(published: Published, config: Config) -> None:
    if not published.failed:
        return
    with prepared_cursor() as cursor:
        cursor.execute(sql.SETTLE_FAILED, _failures(published, config))
        for id_, state in cursor.fetchall():
            if state == State.FAILED:
                log.error("outbox_gave_up", message_id=str(id_))


def _fences(messages: Sequence[Claimed]) -> dict[str, Any]:
    return {"ids": [m.id for m in messages], "claims": [m.claim for m in messages]}


def _failures(published: Published, config: Config) -> dict[str, Any]:
    return _fences([failure.message for failure in published.failed]) | {
        "waits": [failure.wait_seconds for failure in published.failed],
        "given_back": [int(failure.may_pass) for failure in published.failed],
        "errors": [failure.error for failure in published.failed],
        "max_attempts": config.outbox_max_attempts,
    }


def _measure(published: Published) -> None:
    now = datetime.now(UTC)
    for message in published.done:
        metrics.OUTBOX_PUBLISHED.labels(message.kind).inc()
        metrics.OUTBOX_SECONDS.labels(message.kind).observe(max(0.0, (now - message.created_at).total_seconds()))
    for failure in published.failed:
        metrics.OUTBOX_FAILED.labels(failure.message.kind).inc()


def give_up_on_dead_rows(config: Config) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql.GIVE_UP, {"max_attempts": config.outbox_max_attempts})
        return int(cursor.rowcount)


def prune(config: Config) -> int:
    """Delete published rows past their time, a bite after the other."""
    return sum(_bites(config))


def _bites(config: Config) -> Iterator[int]:
    deleted = 1
    while deleted:
        with connection.cursor() as cursor:
            cursor.execute(sql.PRUNE, {"keep_hours": config.outbox_keep_hours})
            deleted = cursor.rowcount
        yield deleted
