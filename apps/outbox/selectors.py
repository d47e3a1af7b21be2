from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from apps.outbox import sql
from apps.outbox.domain import State
from apps.outbox.models import Message
from apps.platform.config import Config


@dataclass(frozen=True)
class Overview:
    pending: int
    failed: int
    oldest_pending_seconds: float


def overview() -> Overview:
    with connection.cursor() as cursor:
        cursor.execute(sql.OVERVIEW)
        pending, failed, oldest = cursor.fetchone()
    return Overview(pending, failed, float(oldest or 0))


def failed_messages() -> QuerySet[Message]:
    """Newest first: ids are time-ordered. Uses index outbox_failed."""
    return Message.objects.filter(state=State.FAILED).order_by("-id")


def seconds_until_due(config: Config) -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(sql.NEXT_DUE, {"max_attempts": config.outbox_max_attempts})
        (seconds,) = cursor.fetchone()
    return None if seconds is None else float(seconds)
