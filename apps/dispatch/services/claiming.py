"""Queued becomes Running: a worker is given the lease of an attempt, for any number of tasks in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.dispatch.services.run_events import are_told, tell_begun
from apps.orm.prepared import prepared_cursor
from apps.orm.rows import rows
from apps.platform.contracts import NotClaimed, WhyNot


@dataclass(frozen=True)
class Lease:
    """An attempt that was just claimed."""

    id: UUID
    org_id: UUID
    job_id: UUID
    version_job_id: UUID
    generation: UUID
    attempt: int
    lease_token: UUID
    lease_expires_at: datetime
    lease_seconds: int
    timeout_seconds: int | None
    fired: dict[str, Any] | None
    position: Decimal | None


# Locked in the order of ids, as everybody locks tasks: a router that lets an event join one of them is waited for, not passed
# by. Its inputs are read by a statement of their own, which sees what came in meanwhile.
_CLAIM = """
WITH free AS (
    SELECT t.id FROM dispatch_task AS t
    WHERE t.id = ANY(%(ids)s::uuid[]) AND t.status = 'queued' AND t.handed_at IS NOT NULL ORDER BY t.id FOR NO KEY UPDATE OF t
), claimed AS (
    UPDATE dispatch_task AS t
    SET status = 'running', attempt = t.attempt + 1, worker_id = %(worker_id)s, claimed_at = clock_timestamp(),
        heartbeat_at = clock_timestamp(), lease_token = gen_random_uuid(), progress = NULL, error = NULL, ended_at = NULL,
        lease_expires_at = clock_timestamp() + make_interval(secs => j.lease_seconds)
    FROM free, dispatch_livejob AS j
    WHERE t.id = ANY(%(ids)s::uuid[]) AND t.id = free.id AND j.id = t.job_id AND j.paused_at IS NULL AND j.job_id IS NOT NULL
    RETURNING t.id, t.org_id, t.job_id, t.version_job_id, t.generation, t.attempt, t.lease_token, t.lease_expires_at,
        j.lease_seconds, j.timeout_seconds, t.fired, t.position, t.claimed_at
), tried AS (
    INSERT INTO dispatch_attempt (id, org_id, task_id, number, worker_id, claimed_at, outcome, digest, log_lines, log_bytes, log_dropped)
    SELECT uuidv7(), org_id, id, attempt, %(worker_id)s, claimed_at, '', '', 0, 0, 0 FROM claimed
)
SELECT id, org_id, job_id, version_job_id, generation, attempt, lease_token, lease_expires_at, lease_seconds, timeout_seconds,
    fired, position
FROM claimed
"""
_LOOK = "SELECT id, status FROM dispatch_task WHERE id = ANY(%(ids)s::uuid[])"
# Handed over, and not to be run now: back behind the valve.
_TAKE_BACK = """
UPDATE dispatch_task AS t SET handed_at = NULL
FROM (
    SELECT t.id FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id AND (j.paused_at IS NOT NULL OR j.job_id IS NULL)
    WHERE t.id = ANY(%(ids)s::uuid[]) AND t.status = 'queued' ORDER BY t.id FOR NO KEY UPDATE OF t
) AS held
WHERE t.id = held.id AND t.status = 'queued'
"""

_WHY = {
    "running": WhyNot.ALREADY_RUNNING,
    "completed": WhyNot.COMPLETED,
    "canceled": WhyNot.CANCELED,
    "failed": WhyNot.FAILED,
    "queued": WhyNot.PAUSED,
}


def claim_tasks(task_ids: Sequence[UUID], *, worker_id: str) -> tuple[list[Lease], list[NotClaimed]]:
    """What could be had, and what not; each in the order in which it was asked for."""
    if not are_told():
        return _claimed(task_ids, worker_id=worker_id)
    with transaction.atomic():
        leases, refused = _claimed(task_ids, worker_id=worker_id)
        tell_begun((lease.id, lease.attempt) for lease in leases)
    return leases, refused


def _claimed(task_ids: Sequence[UUID], *, worker_id: str) -> tuple[list[Lease], list[NotClaimed]]:
    with prepared_cursor() as cursor:
        cursor.execute(_CLAIM, {"ids": list(task_ids), "worker_id": worker_id})
        claimed = {row.id: Lease(*row) for row in rows(cursor)}
        asked = list(dict.fromkeys(task_ids))
        left = [task_id for task_id in asked if task_id not in claimed]
        status: dict[UUID, str] = {}
        if left:
            cursor.execute(_TAKE_BACK, {"ids": left})
            cursor.execute(_LOOK, {"ids": left})
            status = dict(cursor.fetchall())
    return [claimed[task_id] for task_id in asked if task_id in claimed], [
        _refused(task_id, status.get(task_id)) for task_id in left
    ]


def _refused(task_id: UUID, status: str | None) -> NotClaimed:
    return NotClaimed(task_id=task_id, reason=_WHY[status] if status else WhyNot.NOT_FOUND)
