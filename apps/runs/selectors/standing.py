"""What of a dataset is old, and who is below the job that makes it.

By the events that its job was told, scope by scope: also where it reads a table, where somebody said so of the dataset itself, and of a
partition of its own scope only. `lineage.selectors.holding` asks it of what was read: also where scopes differ and events are forgotten.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from apps.dispatch.models import LiveJob

# What does not hold any more since it was committed: somebody said so of it; or what it is made of was made again, and of that
# nobody told the job. Each scope that was said walks to the partitions that it meets. An id is of the moment, not of the beginning
# of its transaction; but what a commit itself takes back, it says after. Uses indexes event_job, invalidation_output
# and partition_range.
_STALE = """
WITH said AS (
    SELECT v.partition_key AS key, v.range_start, v.range_end, dispatch_id_at(v.created_at) AS since FROM dispatch_invalidation AS v
    JOIN dispatch_livejob AS j ON j.id = v.job_id AND j.generation = v.generation
    WHERE v.job_id = %(job_id)s AND v.output = %(output)s
    UNION ALL
    SELECT e.partition_key, coalesce(e.range_start, e.cursor), coalesce(e.range_end, e.cursor), e.id FROM dispatch_route AS r
    JOIN dispatch_livejob AS p ON p.id = r.producer_id
    JOIN dispatch_event AS e ON e.job_id = p.id AND e.output = r.output AND e.generation = p.generation
    WHERE r.consumer_id = %(job_id)s AND r.listens AND e.kind <> 'signal' AND e.id > (
        SELECT dispatch_id_at(min(committed_at)) FROM datasets_partition WHERE version_id = %(version_id)s AND superseded_at IS NULL
    )
), met AS (
    SELECT p.key, p.committed_at, said.since FROM said JOIN datasets_partition AS p ON p.version_id = %(version_id)s AND p.superseded_at IS NULL AND p.key = said.key
    WHERE said.key <> ''
    UNION ALL
    SELECT p.key, p.committed_at, said.since FROM said CROSS JOIN LATERAL (
        SELECT key, committed_at FROM datasets_partition
        WHERE version_id = %(version_id)s AND superseded_at IS NULL AND range_start BETWEEN said.range_start AND said.range_end
        UNION ALL
        (SELECT key, committed_at FROM (
            SELECT key, committed_at, range_end FROM datasets_partition
            WHERE version_id = %(version_id)s AND superseded_at IS NULL AND range_start < said.range_start ORDER BY range_start DESC LIMIT 1
        ) AS before WHERE before.range_end >= said.range_start)
    ) AS p WHERE said.range_start IS NOT NULL
)
SELECT DISTINCT key FROM met WHERE since > dispatch_id_at(committed_at) ORDER BY key LIMIT %(most)s
"""


def stale_by_events(live: LiveJob, output: int, version_id: UUID, *, most: int) -> list[str]:
    """Keys of partitions that readers get and that do not hold any more."""
    with connection.cursor() as cursor:
        cursor.execute(_STALE, {"job_id": live.pk, "output": output, "version_id": version_id, "most": most})
        return [key for (key,) in cursor.fetchall()]


# Everything that a job leads to, step by step.
_BELOW = """
WITH RECURSIVE below AS (
    SELECT r.consumer_id AS id FROM dispatch_route AS r WHERE r.producer_id = %(job_id)s
    UNION
    SELECT r.consumer_id FROM below AS b JOIN dispatch_route AS r ON r.producer_id = b.id
)
SELECT b.id FROM below AS b JOIN dispatch_livejob AS j ON j.id = b.id AND j.job_id IS NOT NULL AND j.build_id IS NULL ORDER BY b.id
"""


def jobs_below(live: LiveJob) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, {"job_id": live.pk})
        return [job_id for (job_id,) in cursor.fetchall()]
