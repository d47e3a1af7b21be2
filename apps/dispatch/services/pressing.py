"""Backpressure: what cannot keep up has what feeds it held back, up to the sources, and no further.

Sources always emit; what they lead to waits in Postgres. A queue that was too long presses until it is half as long again,
so that nothing flutters.
"""

from __future__ import annotations

from django.db import connection, transaction

from apps.dispatch.services.handing import top_up

_PRESS = """
WITH RECURSIVE backlog AS MATERIALIZED (
    SELECT t.job_id, count(*) AS depth, extract(epoch FROM clock_timestamp() - min(t.queued_at)) AS age
    FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id AND (j.max_queue_depth IS NOT NULL OR j.max_queue_seconds IS NOT NULL)
    WHERE t.status = 'queued' GROUP BY t.job_id
), pressing AS MATERIALIZED (
    SELECT j.id FROM dispatch_livejob AS j JOIN backlog AS b ON b.job_id = j.id
    WHERE j.job_id IS NOT NULL AND (
        b.depth > j.max_queue_depth / CASE WHEN j.pressing_at IS NULL THEN 1 ELSE 2 END
        OR b.age > j.max_queue_seconds / CASE WHEN j.pressing_at IS NULL THEN 1 ELSE 2 END
    )
), upstream(id) AS (
    SELECT r.producer_id FROM pressing AS p JOIN dispatch_route AS r ON r.consumer_id = p.id AND r.listens
    UNION
    SELECT r.producer_id FROM upstream AS u JOIN dispatch_route AS r ON r.consumer_id = u.id AND r.listens
)
UPDATE dispatch_livejob AS j
SET pressing_at = CASE WHEN is_pressing THEN coalesce(j.pressing_at, now()) END,
    pressed_at = CASE WHEN is_pressed THEN coalesce(j.pressed_at, now()) END
FROM (
    SELECT id, EXISTS (SELECT FROM pressing AS p WHERE p.id = one.id) AS is_pressing,
        source = '' AND EXISTS (SELECT FROM upstream AS u WHERE u.id = one.id) AS is_pressed
    FROM dispatch_livejob AS one
) AS found
WHERE j.id = found.id AND (is_pressing <> (j.pressing_at IS NOT NULL) OR is_pressed <> (j.pressed_at IS NOT NULL))
RETURNING j.org_id
"""


@transaction.atomic
def press() -> int:
    """Pause and release; how many jobs that changed."""
    with connection.cursor() as cursor:
        # One at a time: two would fight over the same rows to come to the same answer.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('backpressure', 0))")
        cursor.execute(_PRESS)
        changed = [org_id for (org_id,) in cursor.fetchall()]
    top_up(changed)
    return len(changed)
