"""An activation and what does not hold any more: a version that comes back does what came while it was away."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from apps.dispatch.domain import Cause
from apps.dispatch.services.creating import create_tasks
from apps.dispatch.services.invalidating import tell_of
from apps.dispatch.services.marking import settle
from apps.dispatch.services.repeating import take_over, wishes_again

_ARM = """
INSERT INTO dispatch_armed (job_id, generation, first_at)
SELECT id, generation, now() FROM dispatch_livejob WHERE dag_id = %(dag_id)s AND job_id IS NOT NULL
ON CONFLICT (job_id, generation) DO NOTHING
"""
# Said since the consumer was this for the first time, and never looked at by it.
_MISSED = """
UPDATE dispatch_invalidation AS v SET planned_at = NULL, done_at = NULL
FROM dispatch_route AS r
JOIN dispatch_livejob AS p ON p.id = r.producer_id
JOIN dispatch_livejob AS c ON c.id = r.consumer_id
JOIN dispatch_armed AS a ON a.job_id = c.id AND a.generation = c.generation
WHERE (p.dag_id = %(dag_id)s OR c.dag_id = %(dag_id)s) AND v.job_id = p.id AND v.output = r.output AND v.generation = p.generation
    AND v.created_at >= a.first_at AND v.planned_at IS NOT NULL AND (NOT v.only_beyond OR c.dag_id <> p.dag_id) AND NOT EXISTS (
        SELECT FROM dispatch_invalidationmark AS m
        WHERE m.invalidation_id = v.id AND m.consumer_id = c.id AND m.generation = c.generation
    )
RETURNING v.org_id
"""
# Planned, and not done when the version went away.
_LEFT = """
UPDATE dispatch_invalidation AS v SET done_at = NULL
FROM dispatch_invalidationmark AS m JOIN dispatch_livejob AS c ON c.id = m.consumer_id AND c.generation = m.generation
WHERE m.invalidation_id = v.id AND m.processed_at IS NULL AND c.dag_id = %(dag_id)s AND c.job_id IS NOT NULL AND v.done_at IS NOT NULL
"""
# Their tasks were canceled, or will be, because their version went away. Of what a person canceled no mark is open.
_CANCELED = """
SELECT DISTINCT t.id FROM dispatch_invalidationmark AS m
JOIN dispatch_livejob AS c ON c.id = m.consumer_id AND c.generation = m.generation AND c.dag_id = %(dag_id)s AND c.job_id IS NOT NULL
JOIN dispatch_task AS t ON t.id = m.task_id AND t.cancel_requested_at IS NOT NULL
WHERE m.processed_at IS NULL
"""
# Of consumers of this DAG that are gone: nobody waits for them.
_WITHOUT = """
SELECT DISTINCT v.id FROM dispatch_invalidation AS v JOIN dispatch_invalidationmark AS m ON m.invalidation_id = v.id
JOIN dispatch_livejob AS c ON c.id = m.consumer_id
WHERE c.dag_id = %(dag_id)s AND m.processed_at IS NULL AND v.done_at IS NULL AND (c.job_id IS NULL OR m.generation <> c.generation)
"""


def take_up_invalidations(dag_id: UUID) -> None:
    """Once its jobs are live and its routes are made."""
    params = {"dag_id": dag_id}
    with connection.cursor() as cursor:
        cursor.execute(_CANCELED, params)
        canceled = [task_id for (task_id,) in cursor.fetchall()]
        if canceled:
            # What was canceled stays so; another task does what it would have done.
            wishes = wishes_again(canceled, cause=Cause.INVALIDATION, canceling=True)
            take_over(wishes, create_tasks(list(wishes.values())))
        cursor.execute(_ARM, params)
        cursor.execute(_MISSED, params)
        missed = {org_id for (org_id,) in cursor.fetchall()}
        cursor.execute(_LEFT, params)
        cursor.execute(_WITHOUT, params)
        without = [invalidation_id for (invalidation_id,) in cursor.fetchall()]
    settle(without)
    if missed:
        tell_of(missed)
