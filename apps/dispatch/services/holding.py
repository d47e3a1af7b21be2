"""What the holder of a lease does while it works: says that it is alive."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.dispatch import capabilities
from apps.dispatch.capabilities import Capability
from apps.dispatch.models import Task
from apps.dispatch.services.fences import StaleFence
from apps.orm.prepared import prepared_cursor
from apps.orm.rows import rows
from apps.platform.contracts import Heartbeat, HeartbeatAnswer, TaskLook
from apps.platform.errors import NotFound

# Lost with the server, it is sent again before the lease ends: not worth a flush of the disk.
_RELAXED = "SET LOCAL synchronous_commit = off"
# Locked in the order of ids, as everybody locks tasks.
_HEARTBEAT = """
WITH held AS (
    SELECT t.id, h.progress
    FROM unnest(%(ids)s::uuid[], %(attempts)s::int[], %(tokens)s::uuid[], %(progress)s::text[]) AS h(id, attempt, token, progress)
    JOIN dispatch_task AS t ON t.id = h.id AND t.attempt = h.attempt AND t.lease_token = h.token
    WHERE t.id = ANY(%(ids)s::uuid[]) AND t.status = 'running' ORDER BY t.id FOR NO KEY UPDATE OF t
)
UPDATE dispatch_task AS t
SET heartbeat_at = clock_timestamp(), lease_expires_at = clock_timestamp() + make_interval(secs => j.lease_seconds),
    progress = coalesce(held.progress::jsonb, t.progress)
FROM held, dispatch_livejob AS j
WHERE t.id = ANY(%(ids)s::uuid[]) AND t.id = held.id AND t.status = 'running' AND j.id = t.job_id
RETURNING t.id, t.lease_expires_at, t.cancel_requested_at IS NOT NULL AS canceled
"""


def heartbeat(beats: Sequence[tuple[Heartbeat, Capability]], *, now: datetime) -> list[HeartbeatAnswer | StaleFence]:
    """In the order in which they came. A token that grows old is made anew, after the leases are written: keys may be far away."""
    alive = _keep_alive([beat for beat, _ in beats])
    return [_answer(alive.get(beat.task_id), capability, now=now) for beat, capability in beats]


@transaction.atomic
def _keep_alive(beats: Sequence[Heartbeat]) -> dict[UUID, Any]:
    params: dict[str, Any] = {
        "ids": [one.task_id for one in beats], "attempts": [one.attempt for one in beats], "tokens": [one.lease_token for one in beats],
        "progress": [one.progress and json.dumps(one.progress.model_dump()) for one in beats],
    }  # fmt: skip
    with prepared_cursor() as cursor:
        cursor.execute(_RELAXED)
        cursor.execute(_HEARTBEAT, params)
        return {row.id: row for row in rows(cursor)}


def _answer(held: Any, capability: Capability, *, now: datetime) -> HeartbeatAnswer | StaleFence:
    if held is None:
        return StaleFence()
    return HeartbeatAnswer(
        task_id=held.id, lease_expires_at=held.lease_expires_at, canceled=held.canceled,
        capability_token=capabilities.renewed(capability, now=now),
    )  # fmt: skip


def look_at(task_id: UUID) -> TaskLook:
    found = Task.objects.filter(pk=task_id).values("status", "attempt", "cancel_requested_at").first()
    if found is None:
        raise NotFound("There is no such task.", code="unknown_task")
    return TaskLook(
        task_id=task_id, status=found["status"], attempt=found["attempt"], canceled=found["cancel_requested_at"] is not None
    )
