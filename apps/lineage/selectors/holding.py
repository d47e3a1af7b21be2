"""Which partitions of a version do not hold what they should: made before something that they are made of was made again, or not made.

By what was read for each. `runs.selectors.standing` asks the same of the events that its job was told, which knows less and more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.datasets.models import Version
from apps.dispatch.models import LiveJob
from apps.orm.bounded import bounded
from apps.orm.rows import rows

MOST = 50
# Of the highest ranges: what somebody waits for while a page is made.
MOST_LOOKED_AT = 10_000
_MOST_SECONDS = 4
_TOO_LONG = (
    "To compare its partitions with all that they were made of takes too long now. Ask again later, or look at one of them."
)
# Of each partition that readers get what made it, which is not the newest row where an older one was restored; what that read, against
# what is there now of the same. Uses indexes made_key, made_from_made, partition_current and partition_range. Each of what may meet an
# input is looked up by an index: one condition with OR is a scan of the version for each of them. Below a range lies one that reaches
# into it, or a few where they were cut anew; none does where one begins with it.
# What was read of a table has neither key nor range: of it counts what the partition itself spans.
# What has a range is not looked up by its key as well. Piece by piece, in the order in which they are shown, so that it ends where there are enough.
_STALE = """
WITH pieces AS MATERIALIZED (
    SELECT p.id, p.key, p.range_start, p.range_end, m.id AS made_id, coalesce(m.started_at, m.made_at) AS read_at
    FROM datasets_partition AS p
    CROSS JOIN LATERAL (
        SELECT id, started_at, made_at FROM lineage_made
        WHERE version_id = p.version_id AND key = p.key AND partition_id = p.id ORDER BY id DESC LIMIT 1
    ) AS m
    WHERE p.version_id = %(version)s AND p.superseded_at IS NULL
    ORDER BY p.range_start DESC LIMIT %(looked_at)s
)
SELECT p.key, p.range_start, stale.* FROM pieces AS p
CROSS JOIN LATERAL (
    SELECT f.dag, f.job, f.output, f.output_id, q.key AS source_key, q.committed_at AS at, 'remade' AS why, NULL::text AS reason
    FROM lineage_madefrom AS f CROSS JOIN LATERAL (
        SELECT key, committed_at FROM datasets_partition
        WHERE f.range_start IS NULL AND version_id = f.version_id AND superseded_at IS NULL AND key = f.key
        UNION ALL
        SELECT key, committed_at FROM datasets_partition
        WHERE version_id = f.version_id AND superseded_at IS NULL AND range_start BETWEEN f.range_start AND f.range_end
        UNION ALL
        SELECT key, committed_at FROM (
            SELECT key, committed_at, range_end FROM datasets_partition
            WHERE version_id = f.version_id AND superseded_at IS NULL AND range_start < f.range_start ORDER BY range_start DESC LIMIT 8
        ) AS below WHERE range_end >= f.range_start AND NOT EXISTS (
            SELECT FROM datasets_partition WHERE version_id = f.version_id AND superseded_at IS NULL AND range_start = f.range_start
        )
    ) AS q
    WHERE f.made_id = p.made_id AND q.committed_at > p.read_at
    UNION ALL
    SELECT f.dag, f.job, f.output, f.output_id, coalesce(nullif(i.partition_key, ''), i.range_start || '-' || i.range_end), i.created_at,
        'invalidated', i.reason
    FROM lineage_madefrom AS f
    JOIN datasets_version AS v ON v.id = f.version_id JOIN datasets_output AS o ON o.id = v.output_id
    JOIN dispatch_livejob AS j ON j.dag_id = o.dag_id AND j.name = o.job
    JOIN dispatch_invalidation AS i ON i.job_id = j.id AND i.output = o.number AND i.generation = v.generation AND i.done_at IS NULL
        AND i.created_at > p.read_at
        AND (i.partition_key <> '' AND i.partition_key = f.key OR i.range_start <= f.range_end AND i.range_end >= f.range_start
            OR f.read_as = 'pinned' AND f.key = '' AND f.range_start IS NULL AND i.range_start <= p.range_end AND i.range_end >= p.range_start)
    WHERE f.made_id = p.made_id
) AS stale ORDER BY p.range_start, p.key, stale.at LIMIT %(most)s
"""
# Tasks whose partition is not there. Written as the predicates of indexes task_waiting, task_under_way and task_dead.
_MISSING = """
SELECT t.id, t.partition_key AS key, t.status, t.error ->> 'message' AS message, t.created_at FROM (
    SELECT * FROM dispatch_task WHERE org_id = %(org)s AND job_id = %(job)s AND status = 'queued' AND handed_at IS NULL
    UNION ALL
    SELECT * FROM dispatch_task WHERE org_id = %(org)s AND job_id = %(job)s
        AND (status = 'running' OR status = 'queued' AND handed_at IS NOT NULL OR status = 'failed' AND next_retry_at IS NOT NULL)
    UNION ALL
    SELECT * FROM dispatch_task WHERE org_id = %(org)s AND job_id = %(job)s AND status = 'failed' AND next_retry_at IS NULL
) AS t
WHERE t.generation = %(generation)s AND t.partition_key <> '' AND NOT EXISTS (
    SELECT FROM datasets_partition AS p WHERE p.version_id = %(version)s AND p.key = t.partition_key AND p.superseded_at IS NULL
)
ORDER BY t.id DESC LIMIT %(most)s
"""


@dataclass(frozen=True)
class Stale:
    """`why`: `remade` or `invalidated`; then `reason` says more."""

    key: str
    dag: str
    job: str
    output: int
    output_id: UUID
    source_key: str
    at: datetime
    why: str
    reason: str | None


@dataclass(frozen=True)
class Missing:
    task_id: UUID
    key: str
    status: str
    message: str
    since: datetime


def stale_by_readings(version: Version) -> list[Stale]:
    found = _read(_STALE, {"version": version.pk, "most": MOST + 1, "looked_at": MOST_LOOKED_AT})
    return [
        Stale(row.key, row.dag, row.job, row.output, row.output_id, row.source_key, row.at, row.why, row.reason) for row in found
    ]


def missing_of(version: Version) -> list[Missing]:
    """Partitions that there is a task for, and that were not committed."""
    output = version.output
    job = LiveJob.objects.filter(dag=output.dag_id, name=output.job, build=None).first()
    if job is None:
        return []
    given = {"org": job.org_id, "job": job.pk, "generation": version.generation, "version": version.pk, "most": MOST + 1}
    return [Missing(row.id, row.key, row.status, row.message or "", row.created_at) for row in _read(_MISSING, given)]


def _read(statement: str, given: Mapping[str, Any]) -> list[Any]:
    with bounded(_MOST_SECONDS, _TOO_LONG), connection.cursor() as cursor:
        cursor.execute(statement, given)
        return rows(cursor)
