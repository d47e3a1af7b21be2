"""What an attempt reads is decided as it begins: the partitions that are current then, of the versions that its events are of.

After the claim, which nobody knows of yet: who has not heard of its lease reads nothing, and from the claim on nothing joins
the task. A statement of its own, so that tasks that read nothing have not one more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.dispatch.domain import oldest_of
from apps.dispatch.spans import LAST
from apps.orm.prepared import prepared_cursor
from apps.platform.contracts.reading import MOST_READ, PinnedVersion, ReadPin

# Of one attempt: its order, its completion and what it keeps of them in memory stay bounded.
MOST_PINS = MOST_READ

# `maker` is the producer by its identity over versions: one that works for a version that is built has a row of its own. The
# version is the one that the task's producer makes now: of what waited while another version took over, or is run again, the
# events are of a generation that is gone. So they may be of a producer that is gone, where another DAG took over its name: the
# input listens to that one now. Each way to a partition has its index: the key and `partition_range`; as ranges of a
# version never overlap, at most one that begins before the range reaches into it.
#
# What does not hold any more is read with the scope of the task that does it again; events within that scope are not read beside
# it. Of an input that nothing arrived at, it is what the producer has for the scope of the task: what is joined with what came.
_PIN = """
WITH said AS (
    SELECT t.id AS task_id, t.attempt, i.input, coalesce(heard.dag_id, maker.dag_id) AS dag_id, coalesce(heard.name, maker.name) AS job,
        coalesce(heard.output, e.output) AS output, e.key, e.range_start, e.range_end,
        c.strategy = 'Bulk' OR e.key = '' AND (e.range_start IS NULL OR e.range_start = 0 AND e.range_end = %(last)s) AS is_all,
        coalesce(heard.generation, e.generation) AS generation
    FROM dispatch_task AS t
    JOIN dispatch_livejob AS c ON c.id = t.job_id
    JOIN dispatch_taskinput AS i ON i.task_id = t.id AND i.id >= %(since)s
    CROSS JOIN LATERAL (SELECT t.partition_key <> '' OR t.range_start IS NOT NULL AS has_scope) AS task
    CROSS JOIN LATERAL (
        SELECT job_id, output, generation, partition_key AS key, coalesce(range_start, cursor::bigint) AS range_start,
            coalesce(range_end, cursor::bigint) AS range_end
        FROM dispatch_event WHERE id = i.event_id AND NOT (t.cause = 'invalidation' AND has_scope AND EXISTS (
            SELECT FROM dispatch_taskinput AS o JOIN dispatch_invalidation AS v ON v.id = o.event_id
            WHERE o.task_id = t.id AND o.input = i.input AND o.id >= %(since)s
        ))
        UNION ALL
        SELECT job_id, output, generation, CASE WHEN has_scope THEN t.partition_key ELSE partition_key END,
            CASE WHEN has_scope THEN t.range_start ELSE range_start END, CASE WHEN has_scope THEN t.range_end ELSE range_end END
        FROM dispatch_invalidation WHERE id = i.event_id
    ) AS e
    JOIN dispatch_livejob AS maker ON maker.id = e.job_id
    LEFT JOIN LATERAL (
        SELECT * FROM (
            SELECT said.*, bool_or(is_maker) OVER () AS is_there FROM (
                SELECT live.dag_id, live.name, r.output, live.generation,
                    r.output = e.output AND live.dag_id = maker.dag_id AND live.name = maker.name AS is_maker
                FROM dispatch_route AS r JOIN dispatch_livejob AS live ON live.id = r.producer_id
                WHERE r.consumer_id = t.job_id AND r.input = i.input
            ) AS said
        ) AS either WHERE is_maker OR NOT is_there
    ) AS heard ON true
    WHERE t.id = ANY(%(ids)s::uuid[])
), beside AS (
    SELECT t.id AS task_id, t.attempt, r.input, maker.dag_id, maker.name AS job, r.output, t.partition_key AS key,
        coalesce(t.range_start, t.position::bigint) AS range_start, coalesce(t.range_end, t.position::bigint) AS range_end,
        c.strategy = 'Bulk' OR t.partition_key = '' AND t.range_start = 0 AND t.range_end = %(last)s AS is_all, maker.generation
    FROM dispatch_task AS t
    JOIN dispatch_livejob AS c ON c.id = t.job_id
    JOIN dispatch_route AS r ON r.consumer_id = t.job_id
    JOIN dispatch_livejob AS maker ON maker.id = r.producer_id
    WHERE t.id = ANY(%(ids)s::uuid[]) AND NOT EXISTS (
        SELECT FROM dispatch_taskinput AS i WHERE i.task_id = t.id AND i.input = r.input AND i.id >= %(since)s
    )
), found AS (
    SELECT DISTINCT s.task_id, s.attempt, s.input, v.id AS version_id, p.id AS partition_id
    FROM (SELECT * FROM said UNION ALL SELECT * FROM beside) AS s
    JOIN datasets_output AS o ON o.dag_id = s.dag_id AND o.job = s.job AND o.number = s.output AND o.storage = 's3'
    JOIN datasets_version AS v ON v.output_id = o.id AND v.generation = s.generation AND v.purged_at IS NULL
    CROSS JOIN LATERAL (
        SELECT id FROM datasets_partition WHERE version_id = v.id AND superseded_at IS NULL AND s.is_all
        UNION ALL
        SELECT id FROM datasets_partition WHERE version_id = v.id AND superseded_at IS NULL AND NOT s.is_all AND key = s.key
        UNION ALL
        SELECT id FROM datasets_partition
        WHERE version_id = v.id AND superseded_at IS NULL AND NOT s.is_all AND range_start BETWEEN s.range_start AND s.range_end
        UNION ALL
        SELECT id FROM (
            SELECT id, range_end FROM datasets_partition
            WHERE version_id = v.id AND superseded_at IS NULL AND NOT s.is_all AND range_start < s.range_start
            ORDER BY range_start DESC LIMIT 1
        ) AS before WHERE before.range_end >= s.range_start
    ) AS p
), placed AS (
    SELECT f.*, p.key, p.number, p.range_start, p.range_end, p.rows, p.size_bytes,
        row_number() OVER (PARTITION BY f.task_id ORDER BY f.input, p.range_start, p.key) AS place
    FROM found AS f JOIN datasets_partition AS p ON p.id = f.partition_id AND p.purge_id IS NULL
), pinned AS (
    INSERT INTO dispatch_pin (id, task_id, attempt, input, version_id, partition_id, key, number, range_start, range_end, rows, size_bytes)
    SELECT uuidv7(), task_id, attempt, input, version_id, partition_id, key, number, range_start, range_end, rows, size_bytes
    FROM (SELECT * FROM placed WHERE place <= %(most)s + 1 ORDER BY task_id, place) AS ordered
    RETURNING task_id, input, version_id, rows, size_bytes
)
SELECT task_id, input, version_id, count(*), sum(rows)::bigint, sum(size_bytes)::bigint FROM pinned
GROUP BY task_id, input, version_id ORDER BY task_id, input, version_id
"""
_READ = """
UPDATE dispatch_pin AS p SET read_rows = s.rows, read_bytes = s.bytes
FROM unnest(%(pins)s::uuid[], %(tasks)s::uuid[], %(attempts)s::int[], %(rows)s::bigint[], %(bytes)s::bigint[])
    AS s(id, task_id, attempt, rows, bytes)
WHERE p.id = ANY(%(pins)s::uuid[]) AND p.id = s.id AND p.task_id = s.task_id AND p.attempt = s.attempt
"""


@dataclass(frozen=True)
class Pinned:
    """Of one version, by one input of a task."""

    input: int
    version_id: UUID
    partitions: int
    rows: int
    size_bytes: int

    def told(self) -> PinnedVersion:
        return PinnedVersion(
            dataset_version=self.version_id, partitions=self.partitions, rows=self.rows, size_bytes=self.size_bytes
        )


def pin_inputs(task_ids: Sequence[UUID]) -> dict[UUID, list[Pinned]]:
    """Of tasks that were just claimed, and that may read: what each will. Of one that would read more than `MOST_PINS`, one more
    than those.
    """
    found: dict[UUID, list[Pinned]] = defaultdict(list)
    if not task_ids:
        return found
    with prepared_cursor() as cursor:
        cursor.execute(_PIN, {"ids": list(task_ids), "since": oldest_of(task_ids), "most": MOST_PINS, "last": LAST})
        for task_id, *pinned in cursor.fetchall():
            found[task_id].append(Pinned(*pinned))
    return found


@dataclass(frozen=True)
class Read:
    """What an attempt says it has read."""

    task_id: UUID
    attempt: int
    of: ReadPin


def note_read(said: Iterable[Read]) -> None:
    """Of attempts whose fence was asked; a pin that is another's stays as it is."""
    rows = list(said)
    if not rows:
        return
    with prepared_cursor() as cursor:
        cursor.execute(_READ, {
            "pins": [one.of.pin for one in rows], "tasks": [one.task_id for one in rows],
            "attempts": [one.attempt for one in rows], "rows": [one.of.rows for one in rows],
            "bytes": [one.of.size_bytes for one in rows],
        })  # fmt: skip
