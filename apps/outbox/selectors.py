from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

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


def unsettled(kind: str, name: str, values: Sequence[str]) -> list[Message]:
    """Messages of a kind, waiting or given up, by what their payload has under a name. Uses indexes outbox_due and outbox_failed."""
    about = Q(kind=kind) & Q(**{f"payload__{name}__in": list(values)})
    return list(Message.objects.filter(about, state=State.PENDING).union(Message.objects.filter(about, state=State.FAILED)))


def seconds_until_due(config: Config) -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(sql.NEXT_DUE, {"max_attempts": config.outbox_max_attempts})
        (seconds,) = cursor.fetchone()
    return None if seconds is None else float(seconds)
