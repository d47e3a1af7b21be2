"""Asks for the heads of chains, each pool once for all streams that follow it, and tells the planner."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.platform.errors import ServiceError
from apps.syncing.heads import HeadSource
from apps.syncing.models import SyncStream
from apps.syncing.services.planning import Heard, take_heads

# Uses index sync_stream_look.
_DUE = """
SELECT s.id, v.spec ->> 'rpc_pool' AS pool FROM syncing_syncstream AS s
JOIN dispatch_livejob AS j ON j.id = s.job_id JOIN dags_job AS v ON v.id = j.job_id
WHERE s.look_at <= %(now)s ORDER BY pool
"""


def follow_heads(source: HeadSource, *, now: datetime) -> int:
    """Of the streams that are due; how many. Nothing is locked while it asks."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": now})
        due: defaultdict[str, list[UUID]] = defaultdict(list)
        for stream_id, pool in cursor.fetchall():
            due[pool].append(stream_id)
    for pool, stream_ids in due.items():
        heard = _ask(source, pool)
        take_heads(dict.fromkeys(stream_ids, heard), now=now)
    return sum(len(some) for some in due.values())


def _ask(source: HeadSource, pool: str) -> Heard:
    try:
        head = source.head(pool)
    except ServiceError as error:
        return Heard(problem=str(error))
    return Heard(head.number, head.hash, head.seen_at)


def seconds_until_look(*, now: datetime) -> float | None:
    # Uses index sync_stream_look.
    nearest = SyncStream.objects.filter(look_at__isnull=False).order_by("look_at").values_list("look_at", flat=True).first()
    return (nearest - now).total_seconds() if nearest else None
