"""How far a job has come: the highest value below which all is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.dispatch.domain import Cause
from apps.orm.prepared import prepared_cursor


@dataclass(frozen=True)
class Done:
    job_id: UUID
    generation: UUID
    position: Decimal


# Comes before every position: what was done is nothing new, but it may have held the mark.
# Of the same kind as they are: all of a batch go to the database in one list.
NOTHING_NEW = Decimal(-1)


def reached(task: Any) -> Decimal:
    """How far its job has come by a task. What is done again was come to before, or nobody asked for it in order."""
    return NOTHING_NEW if task.cause == Cause.INVALIDATION else task.position


# Whoever moves the mark of a job waits for the other who does, and then sees what that one has done.
_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended('cursor/' || job_id::text, 0))
FROM (SELECT DISTINCT job_id FROM unnest(%(job_ids)s::uuid[]) AS d(job_id) ORDER BY job_id) AS ordered
"""
# Uses indexes task_open and event_unrouted_of: what is not done holds the mark below it, dead letters too, and so does what was
# said and is on its way to become a task.
_ADVANCE = """
WITH done AS (
    SELECT job_id, generation, max(position) AS highest
    FROM unnest(%(job_ids)s::uuid[], %(generations)s::uuid[], %(positions)s::numeric[]) AS d(job_id, generation, position)
    GROUP BY job_id, generation
), marked AS (
    SELECT d.job_id, d.generation, greatest(d.highest, c.highest) AS highest,
        least((
            SELECT min(t.position) FROM dispatch_task AS t
            WHERE t.job_id = d.job_id AND t.generation = d.generation AND t.position IS NOT NULL
                AND t.status IN ('queued', 'running', 'failed')
        ), (
            SELECT min(coalesce(e.cursor, e.range_end)) FROM dispatch_route AS r
            JOIN dispatch_livejob AS p ON p.id = r.producer_id
            JOIN dispatch_event AS e ON e.job_id = p.id AND e.output = r.output AND e.generation = p.generation
            WHERE r.consumer_id = d.job_id AND r.listens AND e.routed_at IS NULL
        )) AS first_open
    FROM done AS d LEFT JOIN dispatch_cursor AS c USING (job_id, generation)
)
INSERT INTO dispatch_cursor AS c (id, job_id, generation, value, highest, moved_at)
SELECT gen_random_uuid(), job_id, generation, least(highest, first_open - 1), highest, now() FROM marked WHERE highest >= 0 ORDER BY job_id, generation
ON CONFLICT (job_id, generation) DO UPDATE
SET value = greatest(c.value, excluded.value), highest = greatest(c.highest, excluded.highest), moved_at = now()
"""


def advance_cursors(done: Sequence[Done]) -> None:
    if not done:
        return
    with prepared_cursor() as cursor:
        cursor.execute(_LOCK, {"job_ids": [d.job_id for d in done]})
        cursor.execute(_ADVANCE, {
            "job_ids": [d.job_id for d in done], "generations": [d.generation for d in done], "positions": [d.position for d in done],
        })  # fmt: skip
