"""What the holder of a lease does while it works: says that it is alive."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.dispatch.models import Task
from apps.dispatch.services.fences import StaleFence
from apps.dispatch.services.rows import rows
from apps.orm.prepared import prepared_cursor
from apps.platform.contracts import Heartbeat, HeartbeatAnswer, TaskLook
from apps.platform.errors import NotFound

# Lost with the server, it is sent again before the lease ends: not worth a flush of the disk.
_RELAXED = "SET LOCAL synchronous_commit = off"
_HEARTBEAT = """
UPDATE dispatch_task AS t
SET heartbeat_at = clock_timestamp(), lease_expires_at = clock_timestamp() + make_interval(secs => j.lease_seconds),
    progress = coalesce(h.progress::jsonb, t.progress)
FROM unnest(%(ids)s::uuid[], %(attempts)s::int[], %(tokens)s::uuid[], %(progress)s::text[]) AS h(id, attempt, token, progress),
    dispatch_livejob AS j
WHERE t.id = ANY(%(ids)s::uuid[]) AND t.id = h.id AND t.attempt = h.attempt AND t.lease_token = h.token AND t.status = 'running'
    AND j.id = t.job_id
RETURNING t.id, t.lease_expires_at, t.cancel_requested_at IS NOT NULL AS canceled
"""


@transaction.atomic
def heartbeat(beats: Sequence[Heartbeat]) -> list[HeartbeatAnswer | StaleFence]:
    """In the order in which they came."""
    params: dict[str, Any] = {
        "ids": [one.task_id for one in beats], "attempts": [one.attempt for one in beats], "tokens": [one.lease_token for one in beats],
        "progress": [one.progress and json.dumps(one.progress.model_dump()) for one in beats],
    }  # fmt: skip
    with prepared_cursor() as cursor:
        cursor.execute(_RELAXED)
        cursor.execute(_HEARTBEAT, params)
        alive = {
            row.id: HeartbeatAnswer(task_id=row.id, lease_expires_at=row.lease_expires_at, canceled=row.canceled)
            for row in rows(cursor)
        }
    return [alive.get(one.task_id) or StaleFence() for one in beats]


def look_at(task_id: UUID) -> TaskLook:
    found = Task.objects.filter(pk=task_id).values("status", "attempt", "cancel_requested_at").first()
    if found is None:
        raise NotFound("There is no such task.", code="unknown_task")
    return TaskLook(
        task_id=task_id, status=found["status"], attempt=found["attempt"], canceled=found["cancel_requested_at"] is not None
    )
