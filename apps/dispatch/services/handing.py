"""The valve: which of the waiting tasks their runtimes hear of now.

Slots are counted from the tasks themselves, so none can leak: what ended no longer counts. A slot is given again by the
transaction that frees it, under a lock of the org, so that two dispatchers never give one slot twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction

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
# The runtime whose tasks wait in one queue of all orgs.
SHARED = "ecs_platform"
# What an org may have in it where workers hold little, or nothing yet: enough for those that begin at the same moment.
LEAST_READY = 32
# Of one job: how many that must wait for what is under way are passed by.
_MOST_PASSED = 20


class Handed(Protocol):
    """A task that its runtime is to hear of."""

    id: UUID
    org_id: UUID
    runtime: str


# Uses indexes task_waiting (walked from job to job, so that a job with a hundred thousand tasks hides nobody), task_under_way
# and task_running. A job that does one at a time also waits for a retry of the one before.
#
# Of the queue that orgs share, each may have as much waiting in it as all workers together hold, so that a newcomer waits for no
# more than that. Of one job, tasks whose scopes overlap are not under way together: sorted by where their ranges start, one is
# held back by what reaches into it from before, and by what is under way and begins before its end.
_HAND_OVER = """
WITH RECURSIVE waiting AS (
    (SELECT job_id FROM dispatch_task WHERE org_id = %(org_id)s AND status = 'queued' AND handed_at IS NULL ORDER BY job_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT t.job_id FROM dispatch_task AS t
        WHERE t.org_id = %(org_id)s AND t.status = 'queued' AND t.handed_at IS NULL AND t.job_id > w.job_id
        ORDER BY t.job_id LIMIT 1
    ) FROM waiting AS w WHERE w.job_id IS NOT NULL
), under_way AS MATERIALIZED (
    SELECT job_id, status, runtime, partition_key, range_start, range_end FROM dispatch_task
    WHERE org_id = %(org_id)s
        AND (status = 'running' OR status = 'queued' AND handed_at IS NOT NULL OR status = 'failed' AND next_retry_at IS NOT NULL)
), busy AS MATERIALIZED (
    SELECT job_id, count(*) FILTER (WHERE status <> 'failed') AS live, count(*) FILTER (WHERE status = 'failed') AS to_retry,
        count(*) FILTER (WHERE status = 'queued' AND runtime = %(shared)s) AS ready
    FROM under_way GROUP BY job_id
), room AS MATERIALIZED (
    SELECT greatest(0, least(
        coalesce((SELECT "limit" FROM orgs_orgquota WHERE org_id = %(org_id)s AND key = 'tasks'), %(tasks)s)
            - coalesce((SELECT sum(live) FROM busy), 0),
        coalesce((SELECT "limit" FROM orgs_orgquota WHERE org_id = %(org_id)s AND key = 'tasks_per_hour'), %(tasks_per_hour)s)
            - coalesce((SELECT handed FROM dispatch_handedhour WHERE org_id = %(org_id)s AND hour = date_trunc('hour', now())), 0)
    ))::bigint AS slots, greatest(0, greatest(
        %(least_ready)s, (SELECT count(*) FROM dispatch_task WHERE status = 'running' AND runtime = %(shared)s)
    ) - coalesce((SELECT sum(ready) FROM busy), 0))::bigint AS shared
    WHERE EXISTS (SELECT FROM waiting WHERE job_id IS NOT NULL)
), candidate AS MATERIALIZED (
    SELECT t.*, j.id AS job_id, free.tasks AS free, t.runtime = %(shared)s AS is_shared
    FROM room
    CROSS JOIN waiting AS w
    JOIN dispatch_livejob AS j ON j.id = w.job_id AND j.paused_at IS NULL AND j.pressed_at IS NULL AND j.job_id IS NOT NULL
    LEFT JOIN busy AS b ON b.job_id = j.id
    CROSS JOIN LATERAL (
        SELECT greatest(0, least(
            room.slots, CASE WHEN j.runtime = %(shared)s THEN room.shared ELSE room.slots END,
            coalesce(j.max_concurrency, 1000000)
                - coalesce(b.live, 0) - CASE WHEN j.max_concurrency = 1 THEN coalesce(b.to_retry, 0) ELSE 0 END
        )) AS tasks
    ) AS free
    CROSS JOIN LATERAL (
        SELECT q.id, q.priority, q.position, q.runtime, q.partition_key, q.range_start, q.range_end FROM dispatch_task AS q
        WHERE q.org_id = %(org_id)s AND q.job_id = j.id AND q.status = 'queued' AND q.handed_at IS NULL
        ORDER BY q.priority DESC, q.position, q.id
        LIMIT CASE WHEN free.tasks = 0 THEN 0 ELSE free.tasks + least(coalesce(b.live, 0), %(most_passed)s) END
    ) AS t
), scope AS (
    SELECT id, job_id, partition_key, CASE WHEN is_range THEN range_start END AS first, CASE WHEN is_range THEN range_end END AS last
    FROM (
        SELECT NULL::uuid AS id, job_id, partition_key, range_start, range_end FROM under_way
        WHERE status <> 'failed' AND job_id IN (SELECT job_id FROM candidate)
        UNION ALL
        SELECT id, job_id, partition_key, range_start, range_end FROM candidate
    ) AS one CROSS JOIN LATERAL (SELECT partition_key = range_start || '-' || range_end AS is_range) AS its
    WHERE partition_key <> ''
), overlapping AS (
    SELECT id FROM (
        SELECT id, first, last,
            row_number() OVER (PARTITION BY job_id, partition_key ORDER BY id NULLS FIRST) AS turn,
            max(last) OVER (
                PARTITION BY job_id ORDER BY first, id NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS reached,
            min(first) FILTER (WHERE id IS NULL) OVER (
                PARTITION BY job_id ORDER BY first DESC, id DESC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS following
        FROM scope
    ) AS sorted WHERE turn > 1 OR reached >= first OR following <= last
), chosen AS (
    SELECT id FROM (
        SELECT id, priority, is_shared, free,
            row_number() OVER (PARTITION BY job_id ORDER BY priority DESC, position, id) AS of_job,
            row_number() OVER (PARTITION BY is_shared ORDER BY priority DESC, id) AS of_queue
        FROM candidate WHERE NOT EXISTS (SELECT FROM overlapping AS o WHERE o.id = candidate.id)
    ) AS ranked
    WHERE of_job <= free AND (NOT is_shared OR of_queue <= (SELECT shared FROM room))
    ORDER BY priority DESC, id LIMIT (SELECT slots FROM room)
), picked AS (
    SELECT t.id FROM dispatch_task AS t JOIN chosen AS c ON c.id = t.id
    WHERE t.status = 'queued' AND t.handed_at IS NULL FOR UPDATE OF t SKIP LOCKED
), handed AS (
    UPDATE dispatch_task AS t SET handed_at = now() FROM picked
    WHERE t.id = picked.id AND t.status = 'queued' AND t.handed_at IS NULL
    RETURNING t.id, t.org_id, t.runtime, t.priority
), counted AS (
    INSERT INTO dispatch_handedhour (id, org_id, hour, handed)
    SELECT gen_random_uuid(), %(org_id)s, date_trunc('hour', now()), count(*) FROM handed HAVING count(*) > 0
    ON CONFLICT (org_id, hour) DO UPDATE SET handed = dispatch_handedhour.handed + excluded.handed
)
SELECT id, org_id, runtime FROM handed ORDER BY priority DESC, id
"""
# Uses index task_waiting. Whoever makes a task at this very moment is not seen; the next claim, or end, of the org sees it.
_STILL_WAITING = """
SELECT org_id FROM unnest(%(org_ids)s::uuid[]) AS asked(org_id)
WHERE EXISTS (SELECT FROM dispatch_task AS t WHERE t.org_id = asked.org_id AND t.status = 'queued' AND t.handed_at IS NULL)
ORDER BY org_id
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


def refill(org_ids: Iterable[UUID]) -> None:
    """After a claim, which made room in the shared queue. Outside its transaction: nothing that was claimed is held up."""
    with prepared_cursor() as cursor:
        cursor.execute(_STILL_WAITING, {"org_ids": sorted(set(org_ids))})
        waiting = [org_id for (org_id,) in cursor.fetchall()]
    for org_id in waiting:
        with transaction.atomic():
            top_up([org_id])


def _hand_over(org_id: UUID) -> int:
    params: dict[str, Any] = {
        "org_id": org_id,
        "tasks": DEFAULTS[Quota.TASKS], "tasks_per_hour": DEFAULTS[Quota.TASKS_PER_HOUR],
        "shared": SHARED, "least_ready": LEAST_READY, "most_passed": _MOST_PASSED,
    }  # fmt: skip
    with prepared_cursor() as cursor:
        cursor.execute(_HAND_OVER, params)
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
