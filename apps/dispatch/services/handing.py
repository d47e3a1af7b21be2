"""The valve: which of the waiting tasks their runtimes hear of now.

Slots are counted from the tasks themselves, so none can leak: what ended no longer counts. A slot is given again by the
transaction that frees it, under a lock of the org, so that two dispatchers never give one slot twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction

from apps.dispatch.domain import SHARED
from apps.dispatch.scopes import Scope, Scopes
from apps.orgs.quotas import DEFAULTS, Quota
from apps.orm.prepared import prepared_cursor
from apps.orm.rows import rows
from apps.outbox import services as outbox
from apps.outbox.services import Outgoing
from apps.platform.json import Json
from apps.platform.slices import slices

log = structlog.get_logger("trace.dispatch")

ENQUEUE = "enqueue_task"
# Of one outbox row: small enough to be one message batch of any queue, large enough that a fan-out is a few rows.
MOST_IN_A_ROW = 500
# What an org may have in the queue of all orgs where workers hold little, or nothing yet: enough for those that begin at the same moment.
LEAST_READY = 32
# Of one job: how many that must wait for what is under way are looked past.
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
# more than that.
_COULD_GO = """
WITH RECURSIVE waiting AS (
    (SELECT job_id FROM dispatch_task WHERE org_id = %(org_id)s AND status = 'queued' AND handed_at IS NULL ORDER BY job_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT t.job_id FROM dispatch_task AS t
        WHERE t.org_id = %(org_id)s AND t.status = 'queued' AND t.handed_at IS NULL AND t.job_id > w.job_id
        ORDER BY t.job_id LIMIT 1
    ) FROM waiting AS w WHERE w.job_id IS NOT NULL
), busy AS MATERIALIZED (
    SELECT job_id, count(*) FILTER (WHERE status <> 'failed') AS live, count(*) FILTER (WHERE status = 'failed') AS to_retry,
        count(*) FILTER (WHERE status = 'queued' AND runtime = %(shared)s) AS ready
    FROM dispatch_task
    WHERE org_id = %(org_id)s
        AND (status = 'running' OR status = 'queued' AND handed_at IS NOT NULL OR status = 'failed' AND next_retry_at IS NOT NULL)
    GROUP BY job_id
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
)
SELECT t.*, j.id AS job_id, free.tasks AS free, room.slots, room.shared, coalesce(b.live, 0) > 0 AS has_company
FROM room
CROSS JOIN waiting AS w
JOIN dispatch_livejob AS j ON j.id = w.job_id AND j.paused_at IS NULL AND j.pressed_at IS NULL AND j.job_id IS NOT NULL
LEFT JOIN busy AS b ON b.job_id = j.id
CROSS JOIN LATERAL (
    SELECT greatest(0, least(
        room.slots, CASE WHEN j.runtime = %(shared)s THEN room.shared ELSE room.slots END,
        coalesce(j.max_concurrency, 1000000)
            - coalesce(b.live, 0) - CASE WHEN j.max_concurrency = 1 THEN coalesce(b.to_retry, 0) ELSE 0 END
    ))::bigint AS tasks
) AS free
CROSS JOIN LATERAL (
    SELECT q.id, q.priority, q.position, q.runtime, q.partition_key, q.range_start, q.range_end FROM dispatch_task AS q
    WHERE q.org_id = %(org_id)s AND q.job_id = j.id AND q.status = 'queued' AND q.handed_at IS NULL
    ORDER BY q.priority DESC, q.position, q.id
    LIMIT CASE WHEN free.tasks = 0 THEN 0 ELSE free.tasks + least(coalesce(b.live, 0), %(most_passed)s) END
) AS t
"""
# Uses index task_under_way.
_SCOPES = """
SELECT job_id, partition_key, range_start, range_end FROM dispatch_task
WHERE org_id = %(org_id)s AND job_id = ANY(%(job_ids)s::uuid[]) AND (partition_key <> '' OR range_start IS NOT NULL)
    AND (status = 'running' OR status = 'queued' AND handed_at IS NOT NULL)
"""
# Whoever holds one of them, to cancel it, waits for the lock of the org: it is passed over.
_HAND_OVER = """
WITH picked AS (
    SELECT id FROM dispatch_task WHERE id = ANY(%(ids)s::uuid[]) AND status = 'queued' AND handed_at IS NULL FOR UPDATE SKIP LOCKED
), handed AS (
    UPDATE dispatch_task AS t SET handed_at = now() FROM picked
    WHERE t.id = ANY(%(ids)s::uuid[]) AND t.id = picked.id
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
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('hand-over/' || %(org_id)s::text, 0))"


def top_up(org_ids: Iterable[UUID]) -> int:
    """Hand over what fits now; once, and at the end of the transaction that made it fit. How many tasks that were."""
    orgs = sorted(set(org_ids))
    if not orgs:
        return 0
    with prepared_cursor() as cursor:
        cursor.execute(_LOCK, {"org_ids": orgs})
    return sum(_hand_over(org_id) for org_id in orgs)


def refill(org_ids: Iterable[UUID]) -> None:
    """After a claim, which made room in the shared queue; outside its transaction. It must neither hold up the answer nor lose it:
    where somebody else hands over just now, or anything fails, it is left to the next claim or end.
    """
    try:
        for org_id in _still_waiting(org_ids):
            with transaction.atomic(), prepared_cursor() as cursor:
                cursor.execute(_TRY_LOCK, {"org_id": org_id})
                if cursor.fetchone() == (True,):
                    _hand_over(org_id)
    except DatabaseError as error:
        log.warning("refill_failed", error=str(error))


def _still_waiting(org_ids: Iterable[UUID]) -> list[UUID]:
    with prepared_cursor() as cursor:
        cursor.execute(_STILL_WAITING, {"org_ids": sorted(set(org_ids))})
        return [org_id for (org_id,) in cursor.fetchall()]


def _hand_over(org_id: UUID) -> int:
    params: dict[str, Any] = {
        "org_id": org_id,
        "tasks": DEFAULTS[Quota.TASKS], "tasks_per_hour": DEFAULTS[Quota.TASKS_PER_HOUR],
        "shared": SHARED, "least_ready": LEAST_READY, "most_passed": _MOST_PASSED,
    }  # fmt: skip
    with prepared_cursor() as cursor:
        cursor.execute(_COULD_GO, params)
        could_go = rows(cursor)
        chosen = _choose(could_go, _under_way(org_id, could_go)) if could_go else []
        if not chosen:
            return 0
        cursor.execute(_HAND_OVER, {"org_id": org_id, "ids": chosen})
        handed = rows(cursor)
    enqueue(handed)
    return len(handed)


def _under_way(org_id: UUID, could_go: Sequence[Any]) -> dict[UUID, Scopes]:
    """What each job works on, of those for which it matters."""
    scopes: dict[UUID, Scopes] = defaultdict(Scopes)
    if job_ids := {task.job_id for task in could_go if task.has_company}:
        with prepared_cursor() as cursor:
            cursor.execute(_SCOPES, {"org_id": org_id, "job_ids": list(job_ids)})
            for task in rows(cursor):
                scopes[task.job_id].take(_scope(task))
    return scopes


def _choose(could_go: Sequence[Any], scopes: Mapping[UUID, Scopes]) -> list[UUID]:
    """Of each job as many as it may, in its order, none whose scope meets that of another; of all of them the urgent and the old."""
    left: dict[UUID, int] = {task.job_id: task.free for task in could_go}
    of_jobs = []
    for task in sorted(could_go, key=_in_its_job):
        if left[task.job_id] > 0 and scopes[task.job_id].take(_scope(task)):
            left[task.job_id] -= 1
            of_jobs.append(task)
    slots, shared = could_go[0].slots, could_go[0].shared
    chosen = []
    for task in sorted(of_jobs, key=lambda one: (-one.priority, one.id)):
        if task.runtime == SHARED and (shared := shared - 1) < 0:
            continue
        chosen.append(task.id)
    return chosen[:slots]


def _in_its_job(task: Any) -> tuple[Any, ...]:
    return -task.priority, task.position is None, task.position, task.id


def _scope(task: Any) -> Scope:
    return Scope(task.partition_key, task.range_start, task.range_end)


def enqueue(handed: Iterable[Handed]) -> None:
    """The outbox rows that tell the runtimes."""
    alike: dict[tuple[UUID, str], list[Json]] = defaultdict(list)
    for task in handed:
        alike[task.org_id, task.runtime].append(str(task.id))
    outbox.put_many([
        Outgoing(ENQUEUE, {"runtime": runtime, "task_ids": list(some)}, org_id)
        for (org_id, runtime), ids in sorted(alike.items()) for some in slices(ids, MOST_IN_A_ROW)
    ])  # fmt: skip
