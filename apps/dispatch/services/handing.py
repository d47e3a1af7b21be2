"""The valve: which of the waiting tasks their runtimes hear of now.

Slots are counted from the tasks themselves, so none can leak: what ended no longer counts. A slot is given again by the
transaction that frees it, under a lock of the org, so that two dispatchers never give one slot twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from apps.dispatch.services.rows import rows
from apps.orgs.quotas import DEFAULTS, Quota
from apps.orm.prepared import prepared_cursor
from apps.outbox import services as outbox
from apps.outbox.services import Outgoing
from apps.platform.json import Json
from apps.platform.slices import slices

ENQUEUE = "enqueue_task"
# Of one outbox row: small enough to be one message batch of any queue, large enough that a fan-out is a few rows.
MOST_IN_A_ROW = 500


class Handed(Protocol):
    """A task that its runtime is to hear of."""

    id: UUID
    org_id: UUID
    runtime: str


# Uses indexes task_waiting (walked from job to job, so that a job with a hundred thousand tasks hides nobody) and
# task_under_way. A job that does one at a time also waits for a retry of the one before.
_HAND_OVER = """
WITH RECURSIVE waiting AS (
    (SELECT job_id FROM dispatch_task WHERE org_id = %(org_id)s AND status = 'queued' AND handed_at IS NULL ORDER BY job_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT t.job_id FROM dispatch_task AS t
        WHERE t.org_id = %(org_id)s AND t.status = 'queued' AND t.handed_at IS NULL AND t.job_id > w.job_id
        ORDER BY t.job_id LIMIT 1
    ) FROM waiting AS w WHERE w.job_id IS NOT NULL
), busy AS MATERIALIZED (
    SELECT job_id, count(*) FILTER (WHERE status <> 'failed') AS live, count(*) FILTER (WHERE status = 'failed') AS to_retry
    FROM dispatch_task
    WHERE org_id = %(org_id)s
        AND (status = 'running' OR status = 'queued' AND handed_at IS NOT NULL OR status = 'failed' AND next_retry_at IS NOT NULL)
    GROUP BY job_id
), room AS MATERIALIZED (
    SELECT CASE WHEN EXISTS (SELECT FROM waiting WHERE job_id IS NOT NULL) THEN greatest(0, least(
        coalesce((SELECT "limit" FROM orgs_orgquota WHERE org_id = %(org_id)s AND key = 'tasks'), %(tasks)s)
            - coalesce((SELECT sum(live) FROM busy), 0),
        coalesce((SELECT "limit" FROM orgs_orgquota WHERE org_id = %(org_id)s AND key = 'tasks_per_hour'), %(tasks_per_hour)s)
            - coalesce((SELECT handed FROM dispatch_handedhour WHERE org_id = %(org_id)s AND hour = date_trunc('hour', now())), 0)
    ))::bigint ELSE 0 END AS slots
), picked AS (
    SELECT t.id
    FROM waiting AS w
    JOIN dispatch_livejob AS j ON j.id = w.job_id AND j.paused_at IS NULL AND j.pressed_at IS NULL AND j.job_id IS NOT NULL
    LEFT JOIN busy AS b ON b.job_id = j.id
    CROSS JOIN LATERAL (
        SELECT q.id, q.priority FROM dispatch_task AS q
        WHERE q.org_id = %(org_id)s AND q.job_id = j.id AND q.status = 'queued' AND q.handed_at IS NULL
        ORDER BY q.priority DESC, q.position, q.id
        LIMIT greatest(0, least(
            (SELECT slots FROM room),
            coalesce(j.max_concurrency, 1000000)
                - coalesce(b.live, 0) - CASE WHEN j.max_concurrency = 1 THEN coalesce(b.to_retry, 0) ELSE 0 END
        ))
        FOR UPDATE SKIP LOCKED
    ) AS t
    ORDER BY t.priority DESC, t.id
    LIMIT (SELECT slots FROM room)
), handed AS (
    UPDATE dispatch_task AS t SET handed_at = now() FROM picked
    WHERE t.id = picked.id AND t.status = 'queued' AND t.handed_at IS NULL
    RETURNING t.id, t.org_id, t.runtime
), counted AS (
    INSERT INTO dispatch_handedhour (id, org_id, hour, handed)
    SELECT gen_random_uuid(), %(org_id)s, date_trunc('hour', now()), count(*) FROM handed HAVING count(*) > 0
    ON CONFLICT (org_id, hour) DO UPDATE SET handed = dispatch_handedhour.handed + excluded.handed
)
SELECT id, org_id, runtime FROM handed ORDER BY id
"""
# Always, also where nothing seems to wait: whoever makes tasks and whoever frees a slot at the same moment see each other, the
# second the first. Whoever looks at runs looks again. In one order, so that no two who lock several orgs wait for each other.
_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended('hand-over/' || org_id::text, 0)), pg_notify('trace_live', org_id::text)
FROM (SELECT org_id FROM unnest(%(org_ids)s::uuid[]) AS asked(org_id) ORDER BY org_id) AS ordered
"""


def top_up(org_ids: Iterable[UUID]) -> int:
    """Hand over what fits now; at the end of the transaction that made it fit. How many tasks that were."""
    orgs = sorted(set(org_ids))
    if not orgs:
        return 0
    with prepared_cursor() as cursor:
        cursor.execute(_LOCK, {"org_ids": orgs})
    return sum(_hand_over(org_id) for org_id in orgs)


def _hand_over(org_id: UUID) -> int:
    limits = {"tasks": DEFAULTS[Quota.TASKS], "tasks_per_hour": DEFAULTS[Quota.TASKS_PER_HOUR]}
    with prepared_cursor() as cursor:
        cursor.execute(_HAND_OVER, {"org_id": org_id, **limits})
        handed = rows(cursor)
    enqueue(handed)
    return len(handed)


def enqueue(handed: Iterable[Handed]) -> None:
    """The outbox rows that tell the runtimes."""
    alike: dict[tuple[UUID, str], list[Json]] = defaultdict(list)
    for task in handed:
        alike[task.org_id, task.runtime].append(str(task.id))
    outbox.put_many([
        Outgoing(ENQUEUE, {"runtime": runtime, "task_ids": list(some)}, org_id)
        for (org_id, runtime), ids in sorted(alike.items()) for some in slices(ids, MOST_IN_A_ROW)
    ])  # fmt: skip
