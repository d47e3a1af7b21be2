"""What the state database says of the platform. Every read has a limit of its own: a table that is locked costs its section, not the page."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from apps.dispatch import selectors as dispatch
from apps.dispatch.models import Worker
from apps.dispatch.selectors import RoundTrip
from apps.outbox import selectors as outbox
from apps.outbox.models import Message
from apps.outbox.selectors import Overview
from apps.platform.config import Config
from apps.runs import selectors as runs
from apps.runs.selectors import Backlogs

T = TypeVar("T")
_LIMIT = "SET LOCAL statement_timeout = '1s'"
SHOWN = 50


def bounded(read: Callable[[], T]) -> T | None:
    """None when the database did not answer in time."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LIMIT)
            return read()
    except OperationalError:
        return None


def answer_milliseconds() -> float | None:
    started = time.perf_counter()
    if bounded(lambda: True) is None:
        return None
    return (time.perf_counter() - started) * 1000


def round_trip(config: Config, *, now: datetime) -> RoundTrip | None:
    interval = timedelta(seconds=config.probe_interval_seconds)
    return bounded(lambda: dispatch.round_trip(now=now, interval=interval))


def overview() -> Overview | None:
    return bounded(outbox.overview)


def failed_messages() -> list[Message]:
    return bounded(lambda: list(outbox.failed_messages()[:SHOWN])) or []


def workers() -> list[Worker]:
    return bounded(dispatch.workers) or []


def backlogs() -> Backlogs | None:
    return bounded(runs.backlogs)


def loop_backlogs() -> dict[str, int]:
    """What is due for each loop and is not done yet."""
    return bounded(runs.loop_backlogs) or {}
