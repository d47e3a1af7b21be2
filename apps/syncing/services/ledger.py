"""The ledger: what tasks say of their ranges, and what is owed to a stream that comes back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.datasets.domain import live_job_id, version_id
from apps.orm.rows import rows
from apps.syncing.domain import noted
from apps.syncing.models import SyncStream

# Of the ranges of these tasks, whichever task of several it is. Uses indexes sync_stream's of its generation and sync_range_once.
_OF_TASKS = """
SELECT r.id, t.id AS task_id, t.status, t.next_retry_at, t.id = ANY(%(declined)s::uuid[]) AS is_declined
FROM dispatch_task AS t
JOIN syncing_syncstream AS s ON s.generation = t.generation
JOIN syncing_syncrange AS r ON r.stream_id = s.id AND r.start = t.range_start AND r."end" = t.range_end AND r.state <> 'done'
WHERE t.id = ANY(%(ids)s::uuid[])
"""
# Uses index sync_range_open.
_OF_STREAMS = """
SELECT r.id, t.id AS task_id, t.status, t.next_retry_at, false AS is_declined
FROM syncing_syncrange AS r JOIN dispatch_task AS t ON t.id = r.task_id
WHERE r.stream_id = ANY(%(stream_ids)s::uuid[]) AND r.state <> 'done'
"""
# One that was canceled says nothing: a person's is told as declined, and that of a version that went away is owed.
_MOVE = """
WITH said AS ({said}), best AS (
    SELECT DISTINCT ON (id) id, task_id, after FROM (
        SELECT id, task_id, CASE
            WHEN status = 'completed' THEN 'done'
            WHEN is_declined THEN 'failed'
            WHEN status IN ('queued', 'running') OR status = 'failed' AND next_retry_at IS NOT NULL THEN 'planned'
            WHEN status = 'failed' THEN 'failed'
        END AS after FROM said
    ) AS one WHERE after IS NOT NULL ORDER BY id, array_position(ARRAY['done', 'planned', 'failed'], after)
), moved AS (
    UPDATE syncing_syncrange AS r
    SET state = best.after, task_id = best.task_id, done_at = CASE WHEN best.after = 'done' THEN now() END,
        rows = CASE WHEN best.after = 'done' THEN (
            SELECT sum(p.rows) FROM datasets_partition AS p WHERE p.task_id = best.task_id AND p.superseded_at IS NULL
        ) END
    FROM best, syncing_syncrange AS was
    WHERE r.id = best.id AND was.id = best.id AND was.state <> best.after
    RETURNING r.stream_id, was.state AS before, r.state AS after, r."end" - r.start + 1 AS blocks, coalesce(r.rows, 0) AS rows
)
SELECT stream_id,
    count(*) FILTER (WHERE after = 'done') AS ranges_done,
    coalesce(sum(blocks) FILTER (WHERE after = 'done'), 0)::bigint AS blocks_done,
    coalesce(sum(rows) FILTER (WHERE after = 'done'), 0)::bigint AS rows_done,
    count(*) FILTER (WHERE after = 'failed') - count(*) FILTER (WHERE before = 'failed') AS ranges_failed,
    (coalesce(sum(blocks) FILTER (WHERE after = 'failed'), 0) - coalesce(sum(blocks) FILTER (WHERE before = 'failed'), 0))::bigint AS blocks_failed
FROM moved GROUP BY stream_id
"""
_MOVE_TASKS, _MOVE_STREAMS = (_MOVE.format(said=said) for said in (_OF_TASKS, _OF_STREAMS))
_STREAMS_OF = """
SELECT DISTINCT s.id FROM dispatch_task AS t JOIN syncing_syncstream AS s ON s.generation = t.generation WHERE t.id = ANY(%(ids)s::uuid[])
"""
# Its task was canceled with its version, or is so old that it is forgotten; or what it made was purged since.
_OWED = """
WITH lost AS (
    SELECT r.id, r.state, r."end" - r.start + 1 AS blocks, coalesce(r.rows, 0) AS rows
    FROM syncing_syncrange AS r
    WHERE r.stream_id = %(stream_id)s AND (
        r.state = 'planned' AND r.task_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM dispatch_task AS t WHERE t.id = r.task_id AND t.status <> 'canceled' AND t.cancel_requested_at IS NULL
        )
        OR r.state = 'done' AND r.rows IS NOT NULL AND NOT EXISTS (
            SELECT FROM datasets_partition AS p
            WHERE p.version_id = %(version_id)s AND p.key = r.start || '-' || r."end" AND p.superseded_at IS NULL
        )
    )
), owed AS (
    UPDATE syncing_syncrange AS r SET state = 'planned', task_id = NULL, rows = NULL, done_at = NULL FROM lost WHERE r.id = lost.id
)
SELECT count(*) AS ranges, coalesce(sum(blocks), 0)::bigint AS blocks, coalesce(sum(rows), 0)::bigint AS rows FROM lost WHERE state = 'done'
"""


@dataclass(frozen=True)
class Told:
    """What was said of tasks: that they moved; and that a person wants some no more."""

    moved: Collection[UUID] = ()
    declined: Collection[UUID] = ()

    @property
    def ids(self) -> list[UUID]:
        return list({*self.moved, *self.declined})


def lock_streams(stream_ids: Collection[UUID]) -> list[SyncStream]:
    """In one order. Whoever holds them is alone with their ledgers: what tasks have become is read after that, and so is what is
    covered.
    """
    held = SyncStream.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=stream_ids).order_by("pk")
    return list(held.defer("covered"))


def streams_of(told: Told) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_STREAMS_OF, {"ids": told.ids})
        return [stream_id for (stream_id,) in cursor.fetchall()]


def settle_tasks(streams: Sequence[SyncStream], told: Told, *, now: datetime) -> None:
    """Of streams that the caller has locked."""
    _move(_MOVE_TASKS, {"ids": told.ids, "declined": list(told.declined)}, streams, now=now)


def settle_open(streams: Sequence[SyncStream], *, now: datetime) -> None:
    """The safety net: whatever was said and not heard."""
    _move(_MOVE_STREAMS, {"stream_ids": [one.pk for one in streams]}, streams, now=now)


def _move(statement: str, params: Mapping[str, Any], streams: Sequence[SyncStream], *, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        moved = {row.stream_id: row for row in rows(cursor)}
    for stream in streams:
        if row := moved.get(stream.pk):
            stream.ranges_done += row.ranges_done
            stream.blocks_done += row.blocks_done
            stream.rows_done += row.rows_done
            stream.ranges_failed += row.ranges_failed
            stream.blocks_failed += row.blocks_failed
            stream.moved_at = now
            if row.ranges_done:
                stream.pace = noted(stream.pace, row.blocks_done, row.rows_done, now=now)


def owe_lost(stream: SyncStream) -> None:
    """Of a stream that a job begins to work at: what was lost while none did is done again."""
    version = version_id(live_job_id(stream.dag_id, stream.name), 0, stream.generation)
    with connection.cursor() as cursor:
        cursor.execute(_OWED, {"stream_id": stream.pk, "version_id": version})
        (gone,) = rows(cursor)
    stream.ranges_done -= gone.ranges
    stream.blocks_done -= gone.blocks
    stream.rows_done -= gone.rows
