"""Which container a task was given, and what becomes of the task when the container stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.dispatch.domain import DISPATCHER
from apps.dispatch.services.claiming import claim_tasks
from apps.dispatch.services.ending import end_claimed
from apps.dispatch.services.ends import write_ends
from apps.dispatch.services.handing import enqueue, top_up
from apps.dispatch.services.recovering import without_holder
from apps.orm.rows import rows
from apps.platform.contracts import EXIT_AGAIN, EXIT_DONE, TaskError
from apps.platform.ports.containers import State

STOPPED = "container_stopped"
# A container that could not claim says so by these: nothing was to be had, or nobody answered. It is no failure of the task.
_COULD_NOT_CLAIM = frozenset({EXIT_DONE, EXIT_AGAIN})

_WAITING = """
SELECT id, attempt, version_job_id, container, container_attempt FROM dispatch_task
WHERE id = ANY(%(ids)s::uuid[]) AND status = 'queued' AND handed_at IS NOT NULL ORDER BY id
"""
# It may have claimed by now; if another attempt has begun since, that one's container is the one to know.
_REMEMBER = """
UPDATE dispatch_task SET container = %(handle)s, container_attempt = %(attempt)s
WHERE id = %(id)s AND attempt <= %(attempt)s AND coalesce(container_attempt, 0) <= %(attempt)s
"""
# Uses indexes task_running and task_under_way: what has ended is not looked at.
_UNDER_WAY = """
SELECT id, container, cancel_requested_at < clock_timestamp() - make_interval(secs => %(grace)s) AS is_deaf
FROM dispatch_task WHERE status = 'running' AND container <> '' AND container_attempt = attempt
UNION ALL
SELECT id, container, FALSE FROM dispatch_task
WHERE status = 'queued' AND handed_at IS NOT NULL AND container <> '' AND container_attempt = attempt + 1
"""
# Whoever ended, or was given another container, since it was looked at is left alone.
_LOCK = """
SELECT t.id, t.org_id, t.status, t.attempt, t.failures, t.runtime, t.container, t.cancel_requested_at, j.max_attempts,
    now() - t.claimed_at AS lived
FROM unnest(%(ids)s::uuid[], %(handles)s::text[]) AS seen(id, handle)
JOIN dispatch_task AS t ON t.id = seen.id AND t.container = seen.handle
JOIN dispatch_livejob AS j ON j.id = t.job_id
WHERE t.id = ANY(%(ids)s::uuid[]) AND (
    t.status = 'running' AND t.container_attempt = t.attempt
    OR t.status = 'queued' AND t.handed_at IS NOT NULL AND t.container_attempt = t.attempt + 1
)
ORDER BY t.id FOR NO KEY UPDATE OF t
"""
_HANDED_NOW = "UPDATE dispatch_task SET handed_at = clock_timestamp() WHERE id = ANY(%(ids)s::uuid[])"


def waiting_for_container(task_ids: Sequence[UUID]) -> list[Any]:
    """Those that were handed over, and that nobody has claimed."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"ids": list(task_ids)})
        return rows(cursor)


def remember_container(task_id: UUID, *, attempt: int, handle: str) -> None:
    """`attempt`: the one that it will claim."""
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, {"id": task_id, "attempt": attempt, "handle": handle})


def contained(*, grace_seconds: float) -> list[Any]:
    """Tasks under way with their containers; `is_deaf` is one that was canceled for longer than the grace time and runs on."""
    with connection.cursor() as cursor:
        cursor.execute(_UNDER_WAY, {"grace": grace_seconds})
        return rows(cursor)


@transaction.atomic
def end_stopped(stopped: Mapping[UUID, tuple[str, State]]) -> int:
    """Their leases end at once, rather than when they run out; how many that were."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"ids": list(stopped), "handles": [handle for handle, _ in stopped.values()]})
        found = rows(cursor)
    state_of = {task.id: stopped[task.id][1] for task in found}
    write_ends([without_holder(task, STOPPED, _words(state_of[task.id])) for task in found if task.status == "running"])
    unclaimed = [task for task in found if task.status == "queued"]
    _tell_again([task for task in unclaimed if state_of[task.id].exit_code in _COULD_NOT_CLAIM])
    for task in unclaimed:
        if state_of[task.id].exit_code not in _COULD_NOT_CLAIM:
            _end_unclaimed(task.id, TaskError(type=STOPPED, message=_words(state_of[task.id])))
    top_up({task.org_id for task in found})
    return len(found)


def _tell_again(tasks: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_HANDED_NOW, {"ids": [task.id for task in tasks]})
    enqueue(tasks)


@transaction.atomic
def fail_unclaimed(task_id: UUID, error: TaskError) -> None:
    """An attempt that could not even begin counts as one: else what never starts would be started for ever."""
    top_up(_end_unclaimed(task_id, error))


def _end_unclaimed(task_id: UUID, error: TaskError) -> set[UUID]:
    leases, _ = claim_tasks([task_id], worker_id=DISPATCHER)
    for lease in leases:
        end_claimed(lease, error)
    return {lease.org_id for lease in leases}


def _words(state: State) -> str:
    code = "" if state.exit_code is None else f" with exit code {state.exit_code}"
    return f"Its container stopped{code}. {state.reason}".strip()[:8_000]
