"""The loops that bring work back: leases that ran out, failures that are due, wake-ups and events that were lost.

Each is one statement or a transaction around few, safe to run many at once, and finds nothing where there is nothing to do.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, connection, transaction

from apps.dags.domain import OPEN_BUILD
from apps.dags.models import Build
from apps.dispatch.domain import SHARED, Outcome, Status
from apps.dispatch.services.building import advance_build
from apps.dispatch.services.ending import LEASE_EXPIRED
from apps.dispatch.services.ends import End, forgets, wait_after, write_ends
from apps.dispatch.services.handing import enqueue, top_up
from apps.dispatch.services.reporting import ROUTE
from apps.dispatch.services.streaming import tell_if_streamed
from apps.orm.rows import rows
from apps.outbox import services as outbox
from apps.outbox.services import Outgoing
from apps.platform.contracts import TaskError

log = structlog.get_logger("trace.dispatch")

_BITE = 500
# Uses index task_running.
_EXPIRED = """
SELECT t.id, t.org_id, t.attempt, t.failures, t.worker_id, t.cancel_requested_at, j.max_attempts,
    now() - t.claimed_at AS lived
FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id
WHERE t.status = 'running' AND t.lease_expires_at < clock_timestamp()
ORDER BY t.id LIMIT %(limit)s FOR NO KEY UPDATE OF t SKIP LOCKED
"""
# Uses index task_due.
_RETRY = """
WITH due AS (
    SELECT id FROM dispatch_task WHERE status = 'failed' AND next_retry_at <= clock_timestamp()
    ORDER BY next_retry_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE dispatch_task AS t SET status = 'queued', next_retry_at = NULL, queued_at = now(), handed_at = NULL
FROM due WHERE t.id = due.id AND t.status = 'failed'
RETURNING t.id, t.org_id
"""
_NEXT_RETRY = """
SELECT extract(epoch FROM min(next_retry_at) - clock_timestamp())::float8 FROM dispatch_task
WHERE status = 'failed' AND next_retry_at IS NOT NULL
"""
# Uses indexes task_under_way and task_running. Its wake-up was lost, or everybody who heard it died before the claim. In the
# queue that orgs share it may merely wait for its turn: then those that were told of later have not begun either, and after the
# first time it is told of ever more seldom. What was told before it was handed over anew is earlier, and so does not count.
_UNHEARD = """
WITH unheard AS (
    SELECT id FROM dispatch_task CROSS JOIN LATERAL (SELECT greatest(handed_at, told_again_at) AS told_at) AS last
    WHERE status = 'queued' AND handed_at IS NOT NULL AND told_at < clock_timestamp() - make_interval(secs => %(seconds)s) AND (
        runtime <> %(shared)s
        OR told_at < (
            SELECT max(greatest(b.handed_at, b.told_again_at)) FROM dispatch_task AS b
            WHERE b.status = 'running' AND b.runtime = %(shared)s
        )
        OR told_at < clock_timestamp() - least(told_at - handed_at, interval '10 minutes')
    )
    ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE OF dispatch_task SKIP LOCKED
)
UPDATE dispatch_task AS t SET told_again_at = clock_timestamp() FROM unheard WHERE t.id = unheard.id
RETURNING t.id, t.org_id, t.runtime
"""
# Uses index event_unrouted.
_UNROUTED = """
SELECT id, org_id FROM dispatch_event
WHERE routed_at IS NULL AND created_at < clock_timestamp() - make_interval(secs => %(seconds)s) ORDER BY id LIMIT %(limit)s
"""
_WAITING_ORGS = "SELECT DISTINCT org_id FROM dispatch_task WHERE status = 'queued' AND handed_at IS NULL"


@transaction.atomic
def reap_expired_leases() -> int:
    """Running → Failed, for those whose holder is silent; a source is started again without end."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED, {"limit": _BITE})
        silent = rows(cursor)
    write_ends([_expired(task) for task in silent])
    tell_if_streamed([task.id for task in silent])
    top_up({task.org_id for task in silent})
    return len(silent)


def _expired(task: Any) -> End:
    words = f"{task.worker_id} was not heard of until its lease ran out: it died, or cannot reach the internal plane."
    return without_holder(task, LEASE_EXPIRED, words)


def without_holder(task: Any, kind: str, words: str) -> End:
    """Of a locked task whose attempt is over although nobody said so. What it says late still counts."""
    if task.cancel_requested_at is not None:
        return End(task.id, task.attempt, Status.CANCELED, Outcome.LEASE_EXPIRED)
    return End(
        task.id, task.attempt, Status.FAILED, Outcome.LEASE_EXPIRED, error=TaskError(type=kind, message=words), is_failure=True,
        wait=wait_after(task), forgets=forgets(task),
    )  # fmt: skip


@transaction.atomic
def retry_due() -> int:
    """Failed → Queued."""
    with connection.cursor() as cursor:
        cursor.execute(_RETRY, {"limit": _BITE})
        due = cursor.fetchall()
    top_up({org_id for _, org_id in due})
    return len(due)


def seconds_until_retry() -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_RETRY)
        row = cursor.fetchone()
    return None if row is None or row[0] is None else float(row[0])


@transaction.atomic
def wake_unheard(*, after_seconds: float) -> int:
    """Tell the runtimes again of tasks that were handed over and nobody claims. Twice is harmless."""
    with connection.cursor() as cursor:
        cursor.execute(_UNHEARD, {"seconds": after_seconds, "limit": _BITE, "shared": SHARED})
        unheard = rows(cursor)
    enqueue(unheard)
    return len(unheard)


@transaction.atomic
def route_forgotten(*, after_seconds: float) -> int:
    """Events of which nobody was told: a lost one is only a delay."""
    with connection.cursor() as cursor:
        cursor.execute(_UNROUTED, {"seconds": after_seconds, "limit": _BITE})
        forgotten = cursor.fetchall()
    outbox.put_many([Outgoing(ROUTE, {"event_ids": [str(event_id)]}, org_id) for event_id, org_id in forgotten])
    return len(forgotten)


def advance_open_builds() -> None:
    """One that cannot be advanced holds up no other, nor what is looked after besides builds."""
    for build_id in Build.objects.filter(state__in=OPEN_BUILD).order_by("pk").values_list("pk", flat=True):
        try:
            advance_build(build_id)
        except Exception:
            log.exception("build_not_advanced", build_id=str(build_id))


def hand_over_everywhere() -> int:
    """What fits in and nobody handed over: an hour's quota that is new, a limit that was raised. Org by org: whoever ends a task
    of one does not wait for all the others, and what is wrong with one holds up no other.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WAITING_ORGS)
        org_ids = [org_id for (org_id,) in cursor.fetchall()]
    return sum(_hand_over(org_id) for org_id in org_ids)


def _hand_over(org_id: UUID) -> int:
    try:
        with transaction.atomic():
            return top_up([org_id])
    except DatabaseError:
        log.exception("hand_over_failed", org_id=str(org_id))
        return 0
