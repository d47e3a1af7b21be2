"""Sends run events to an OpenLineage endpoint, one after the other, with a back-off of its own and outside of any transaction."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import structlog
from django.db import InterfaceError, OperationalError, connection

from apps.lineage.models import RunEvent
from apps.lineage.openlineage.composing import compose
from apps.outbox.domain import backoff
from apps.platform.config import Config
from apps.platform.text import printable

_BATCH, _CLAIM_SECONDS = 50, 120
_TIMEOUT = httpx.Timeout(5.0)
# No other is begun after that: what is claimed is not to be told by another sender while this one still tells it.
_MOST_SECONDS = 60.0
_MOST_READ_SECONDS, _MOST_WORDS = 5.0, 300
# Of a key that ran out, or of an address where nothing is yet, somebody will hear and put it right; then it is told all the same.
_MAY_BE_TAKEN_LATER = frozenset({401, 403, 404, 407, 408, 425, 429})
# Then nobody waits for it any more: an endpoint that was away for longer has missed it.
GIVE_UP_AFTER = timedelta(hours=24)
KEEP_GIVEN_UP = timedelta(days=7)
_random = random.SystemRandom()
log = structlog.get_logger("trace.lineage")
# Hidden from other senders while this one has them; a sender that dies gives them back by doing nothing.
_CLAIM = """
UPDATE lineage_runevent AS e SET due_at = clock_timestamp() + make_interval(secs => %(claim)s), tries = e.tries + 1
FROM (
    SELECT id FROM lineage_runevent WHERE gave_up_at IS NULL AND due_at <= clock_timestamp() ORDER BY due_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
) AS due
WHERE e.id = due.id RETURNING e.id
"""
_PUT_BACK = "UPDATE lineage_runevent SET due_at = clock_timestamp() + make_interval(secs => %(wait)s), error = %(error)s WHERE id = ANY(%(ids)s::uuid[])"


@dataclass(frozen=True)
class Sent:
    """`is_away`: the endpoint did not take what it should, and is left alone for a while."""

    count: int = 0
    is_away: bool = False


def send_due(config: Config, *, is_wanted: Callable[[], bool] = lambda: True) -> Sent:
    """One batch of what is due, the oldest first."""
    ids = _claim()
    if not ids:
        return Sent()
    until = time.monotonic() + _MOST_SECONDS
    waiting = list(RunEvent.objects.filter(pk__in=ids).order_by("pk"))
    sent = 0
    with httpx.Client(timeout=_TIMEOUT, headers=_headers(config)) as client:
        for place, event in enumerate(waiting):
            if time.monotonic() > until:
                _put_back(waiting[place:], "", wait=0.0)
                return Sent(sent)
            error = _send(client, event, config) if is_wanted() else "stopped"
            if error is not None:
                # All of them wait as long as the one that was tried: the endpoint is away for each.
                _put_back(waiting[place:], error, wait=_wait(event))
                return Sent(sent, is_away=True)
            sent += 1
    return Sent(sent)


def forget_given_up(*, now: datetime) -> None:
    """Somebody may still look at why."""
    RunEvent.objects.filter(gave_up_at__lt=now - KEEP_GIVEN_UP).delete()


def _headers(config: Config) -> dict[str, str]:
    # Not packed: of an answer only its beginning is read, and it is to be words.
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
    return headers | ({"Authorization": f"Bearer {config.openlineage_key}"} if config.openlineage_key else {})


def _claim() -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"claim": _CLAIM_SECONDS, "most": _BATCH})
        return [event_id for (event_id,) in cursor.fetchall()]


def _send(client: httpx.Client, event: RunEvent, config: Config) -> str | None:
    """Why the endpoint is to be left alone for a while; None where it may be asked for the next."""
    try:
        body = _written(event, config)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # Whatever is the matter with this one, those behind it are not to wait for it.
        log.warning("openlineage_not_composed", task_id=str(event.task_id), attempt=event.attempt, exc_info=True)
        if (why := _away(event, f"It could not be written: {error!r}")) is not None:
            _put_back([event], why, wait=_wait(event))
        return None
    if body is None:
        event.delete()
        return None
    try:
        status, words = _post(client, config.openlineage_url, body)
    except httpx.HTTPError as error:
        return _away(event, f"{type(error).__name__}: {error}")
    if 200 <= status < 300:
        event.delete()
    elif status < 400 or status >= 500 or status in _MAY_BE_TAKEN_LATER:
        return _away(event, f"HTTP {status}: {words}")
    else:
        # It will never be taken, and the others may be.
        _give_up(event, f"HTTP {status}: {words}")
    return None


def _written(event: RunEvent, config: Config) -> bytes | None:
    body = compose(event, config)
    return None if body is None else json.dumps(body, allow_nan=False).encode()


def _post(client: httpx.Client, url: str, body: bytes) -> tuple[int, str]:
    """What it answers, and the beginning of its words: they may be without end, or come a letter at a time."""
    until, words = time.monotonic() + _MOST_READ_SECONDS, b""
    with client.stream("POST", url, content=body) as answer:
        for chunk in answer.iter_raw():
            words += chunk
            if len(words) > _MOST_WORDS or time.monotonic() > until:
                break
        return answer.status_code, words[:_MOST_WORDS].decode(errors="replace")


def _away(event: RunEvent, error: str) -> str | None:
    if datetime.now(UTC) - event.happened_at > GIVE_UP_AFTER:
        _give_up(event, error)
        return None
    return error


def _give_up(event: RunEvent, error: str) -> None:
    log.error("openlineage_gave_up", task_id=str(event.task_id), attempt=event.attempt, kind=event.kind, error=error)
    RunEvent.objects.filter(pk=event.pk).update(gave_up_at=datetime.now(UTC), error=printable(error)[:500])


def _wait(event: RunEvent) -> float:
    return backoff(event.tries, jitter=_random.uniform(0.5, 1.5)).total_seconds()


def _put_back(events: list[RunEvent], error: str, *, wait: float) -> None:
    given: dict[str, Any] = {"wait": wait, "error": printable(error)[:500], "ids": [event.pk for event in events]}
    with connection.cursor() as cursor:
        cursor.execute(_PUT_BACK, given)
