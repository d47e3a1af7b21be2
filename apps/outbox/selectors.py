from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from apps.outbox import sql
from apps.outbox.domain import State
from apps.outbox.models import Message


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


def failed_messages(*, before: UUID | None = None, limit: int = 50) -> list[Message]:
    """Newest first; ids are time-ordered, so the last id of a page is the cursor of the next."""
    # Uses index outbox_failed.
    rows = Message.objects.filter(state=State.FAILED).order_by("-id")
    if before:
        rows = rows.filter(id__lt=before)
    return list(rows[:limit])


def seconds_until_due() -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(sql.NEXT_DUE)
        (seconds,) = cursor.fetchone()
    return None if seconds is None else float(seconds)
