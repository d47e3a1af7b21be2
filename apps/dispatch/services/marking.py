"""What was done again: marks, what those who did it now invalidate themselves, and which invalidations are done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from apps.dispatch.domain import Cause, InvalidScope, What, oldest_of
from apps.dispatch.services.invalidating import Invalid, write_invalidations
from apps.orm.rows import rows
from operators.sdk.words import Reason

# Uses index mark_of_task.
_MARK = """
UPDATE dispatch_invalidationmark SET processed_at = now() WHERE task_id = ANY(%(ids)s::uuid[]) AND processed_at IS NULL
RETURNING task_id, invalidation_id
"""
# Of a version that is not active the work is not declined: it waits for that version to come back.
_DECLINE = """
UPDATE dispatch_invalidationmark AS m SET processed_at = now()
FROM dispatch_livejob AS c
WHERE m.task_id = ANY(%(ids)s::uuid[]) AND m.processed_at IS NULL
    AND c.id = m.consumer_id AND c.generation = m.generation AND c.job_id IS NOT NULL
RETURNING m.invalidation_id
"""
# An invalidation is among the inputs of its tasks; index mark_of_task knows open marks alone.
_ASK_AGAIN = """
WITH declined AS (
    UPDATE dispatch_invalidationmark AS m SET processed_at = NULL
    FROM dispatch_task AS t JOIN dispatch_taskinput AS i ON i.task_id = t.id AND i.id >= %(since)s
    WHERE t.id = ANY(%(ids)s::uuid[]) AND t.status = 'canceled' AND m.invalidation_id = i.event_id AND m.task_id = t.id
    RETURNING m.invalidation_id
)
UPDATE dispatch_invalidation SET done_at = NULL WHERE id IN (SELECT invalidation_id FROM declined) AND done_at IS NOT NULL
"""
# Two that end at once see each other, the second the first.
_LOCK = "SELECT id FROM dispatch_invalidation WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE"
# What replaces rows has made others anew; what appends knows its rows by their keys, and those who read it are not concerned.
_REPLACED = """
SELECT t.id AS task_id, t.org_id, t.job_id, t.generation, t.root_id, t.partition_key, t.range_start, t.range_end, j.outputs
FROM dispatch_task AS t JOIN dags_job AS j ON j.id = t.version_job_id
WHERE t.id = ANY(%(ids)s::uuid[]) AND NOT t.is_alone AND j.spec ->> 'update_strategy' = 'replace'
"""
_BECAUSE = """
SELECT id, scope, partition_key, range_start, range_end, reason FROM dispatch_invalidation WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id
"""
# Uses index invalidation_open.
_OPEN = "SELECT id FROM dispatch_invalidation WHERE done_at IS NULL AND planned_at IS NOT NULL ORDER BY id LIMIT 10000"
# What a version that is not active has not done is no reason to wait: should it come back, it is opened again.
_SETTLE = """
UPDATE dispatch_invalidation AS v SET done_at = now()
WHERE v.id = ANY(%(ids)s::uuid[]) AND v.done_at IS NULL AND v.planned_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM dispatch_invalidationmark AS m
    JOIN dispatch_livejob AS c ON c.id = m.consumer_id AND c.generation = m.generation AND c.job_id IS NOT NULL
    WHERE m.invalidation_id = v.id AND m.processed_at IS NULL
)
"""


def may_redo(task: Any) -> bool:
    """Whether a task may have been made for an invalidation: of all others no mark is looked for."""
    return task.cause in {Cause.INVALIDATION, Cause.RERUN} or task.strategy == "Bulk"


def mark_redone(task_ids: Sequence[UUID]) -> None:
    """Of tasks that were completed just now, in the transaction of their completion."""
    if not task_ids:
        return
    because: dict[UUID, set[UUID]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {"ids": list(task_ids)})
        for task_id, invalidation_id in cursor.fetchall():
            because[task_id].add(invalidation_id)
        if not because:
            return
        ids = list(set().union(*because.values()))
        cursor.execute(_LOCK, {"ids": ids})
        cursor.execute(_REPLACED, {"ids": list(because)})
        replaced = rows(cursor)
        cursor.execute(_BECAUSE, {"ids": ids})
        reasons = rows(cursor)
    write_invalidations(
        [one for task in replaced for one in _passed_on(task, [r for r in reasons if r.id in because[task.task_id]])]
    )
    settle(ids)


def decline(task_ids: Sequence[UUID]) -> None:
    """Somebody canceled these while their version was active: what they were to do again is not asked for any more, whatever is
    activated later. Only a person asks anew, by running one of them again.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DECLINE, {"ids": list(task_ids)})
        ids = sorted({invalidation_id for (invalidation_id,) in cursor.fetchall()})
        if ids:
            cursor.execute(_LOCK, {"ids": ids})
    settle(ids)


def ask_again(task_ids: Sequence[UUID]) -> None:
    """Of these tasks, what was declined is to be done after all."""
    if task_ids:
        with connection.cursor() as cursor:
            cursor.execute(_ASK_AGAIN, {"ids": list(task_ids), "since": oldest_of(task_ids)})


def _passed_on(task: Any, because: Sequence[Any]) -> Iterator[Invalid]:
    """Of each output what the task made anew: its own scope; of a Bulk task, which has none, those of what it was made for."""
    scopes = {_what(task): because[0].reason} if task.partition_key or task.range_start is not None else {}
    for what, reason in (scopes or {_what(one): one.reason for one in because}).items():
        for output in range(task.outputs):
            yield Invalid(
                task.org_id, task.job_id, output, task.generation, what, Reason(reason), task_id=task.task_id, root_id=task.root_id,
                identity=f"redone:{output}:{what.key}:{what.start}-{what.end}"[:300],
            )  # fmt: skip


def _what(one: Any) -> What:
    scope = InvalidScope.PARTITION if one.partition_key else InvalidScope.ROW_RANGE
    return What(scope, one.partition_key, one.range_start, one.range_end)


def settle_open() -> None:
    """The safety net of those who settle what they end."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN)
        ids = [invalidation_id for (invalidation_id,) in cursor.fetchall()]
    settle(ids)


def settle(invalidation_ids: Sequence[UUID]) -> None:
    """Those are done of which nobody has anything left to do."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, {"ids": list(invalidation_ids)})
