"""Which ranges are next, and their tasks: a range is written once, in the transaction that makes its task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from apps.datasets.domain import live_job_id, version_id
from apps.dispatch.domain import Cause
from apps.dispatch.models import Dedupe
from apps.dispatch.services import Wish, create_tasks
from apps.orm.rows import rows
from apps.syncing.domain import Plan
from apps.syncing.models import SyncRange, SyncStream

# What the document asks for, less all that the ledger has, cut where the ranges of the stream begin. No more pieces of a gap than
# there is room for are looked at. One at the head waits until it is whole; one below what is planned already is as short as it is.
_NEXT = """
WITH gap AS (
    SELECT lower(g) AS first, upper(g) AS stop
    FROM syncing_syncstream AS s, unnest(int8multirange(int8range(%(from_block)s, %(target)s)) - s.covered) AS g WHERE s.id = %(stream_id)s
)
SELECT greatest(first, %(from_block)s + k * %(chunk)s) AS start, least(stop, %(from_block)s + (k + 1) * %(chunk)s) - 1 AS "end"
FROM gap CROSS JOIN LATERAL generate_series(
    (first - %(from_block)s) / %(chunk)s, least((stop - 1 - %(from_block)s) / %(chunk)s, (first - %(from_block)s) / %(chunk)s + %(room)s)
) AS k
WHERE NOT %(follows)s OR %(from_block)s + (k + 1) * %(chunk)s <= %(target)s OR stop < %(target)s
ORDER BY 1 LIMIT %(room)s
"""
_LEDGER = """
WITH new AS (
    INSERT INTO syncing_syncrange (stream_id, start, "end", task_id, state, times)
    SELECT %(stream_id)s, n.start, n."end", n.task_id, 'planned', 1
    FROM unnest(%(starts)s::bigint[], %(ends)s::bigint[], %(task_ids)s::uuid[]) AS n(start, "end", task_id)
    RETURNING start, "end"
)
UPDATE syncing_syncstream SET covered = covered + (SELECT range_agg(int8range(start, "end", '[]')) FROM new) WHERE id = %(stream_id)s
"""
_AGAIN = """
UPDATE syncing_syncrange AS r SET task_id = n.task_id, times = r.times + 1, planned_at = now()
FROM unnest(%(ids)s::uuid[], %(task_ids)s::uuid[]) AS n(id, task_id) WHERE r.id = n.id
"""
_CURSOR = """
SELECT coalesce((SELECT upper(g) FROM unnest(s.covered) AS g WHERE g @> %(from_block)s::bigint), %(from_block)s)
FROM syncing_syncstream AS s WHERE s.id = %(stream_id)s
"""


@dataclass(frozen=True)
class Piece:
    start: int
    end: int

    @property
    def key(self) -> str:
        return f"{self.start}-{self.end}"

    @property
    def blocks(self) -> int:
        return self.end - self.start + 1


def fill(stream: SyncStream, job_id: UUID, plan: Plan, target: int, room: int, *, at: str) -> int:
    """How many tasks were made, `room` at most: first of what is owed, then of what was never planned. Of a stream that the
    caller has locked; it hands them over afterwards.
    """
    owed = list(SyncRange.objects.filter(stream=stream, state="planned", task_id__isnull=True).order_by("start")[:room])
    if owed:
        # A range that comes back has had a task by its first key.
        wishes = [_wish(stream, job_id, Piece(one.start, one.end), one.times, at) for one in owed]
        _execute(_AGAIN, {"ids": [one.pk for one in owed], "task_ids": _made(wishes)})
    pieces = _next(stream, plan, target, room - len(owed))
    if pieces:
        made = _made([_wish(stream, job_id, piece, 0, at) for piece in pieces])
        starts, ends = [one.start for one in pieces], [one.end for one in pieces]
        _execute(_LEDGER, {"stream_id": stream.pk, "starts": starts, "ends": ends, "task_ids": made})
        stream.ranges += len(pieces)
        stream.blocks += sum(one.blocks for one in pieces)
    return len(owed) + len(pieces)


def has_more(stream: SyncStream, plan: Plan, target: int) -> bool:
    return (
        bool(_next(stream, plan, target, 1))
        or SyncRange.objects.filter(stream=stream, state="planned", task_id__isnull=True).exists()
    )


def first_open(stream: SyncStream, plan: Plan) -> int:
    """The first block from `from_block` on that is not planned."""
    with connection.cursor() as cursor:
        cursor.execute(_CURSOR, {"stream_id": stream.pk, "from_block": plan.from_block})
        (block,) = cursor.fetchone()
        return int(block)


def _next(stream: SyncStream, plan: Plan, target: int, room: int) -> list[Piece]:
    if room <= 0 or target <= plan.from_block:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {
            "stream_id": stream.pk, "from_block": plan.from_block, "target": target, "chunk": plan.chunk_size, "room": room,
            "follows": plan.follows,
        })  # fmt: skip
        return [Piece(row.start, row.end) for row in rows(cursor)]


def _wish(stream: SyncStream, job_id: UUID, piece: Piece, times: int, at: str) -> Wish:
    """`times`: how many tasks it had before. Nothing arrives at it: its range is what it is fired with."""
    version = version_id(live_job_id(stream.dag_id, stream.name), 0, stream.generation)
    return Wish(
        job_id, f"partition:{version}:{piece.key}:{times}", Cause.SYNC, position=piece.start, partition_key=piece.key,
        start=piece.start, end=piece.end, fired={"at": at, "start": piece.start, "end": piece.end},
    )  # fmt: skip


def _made(wishes: Sequence[Wish]) -> list[UUID]:
    """The task of each: made now, or the one that its key has already, of a ledger that was lost and is written anew."""
    made = {one.key: one.id for one in create_tasks(wishes)}
    if missing := [wish.key for wish in wishes if wish.key not in made]:
        made |= dict(_known(wishes[0].job_id, missing))
    return [made[wish.key] for wish in wishes]


def _known(job_id: UUID, keys: Sequence[str]) -> Iterator[tuple[str, UUID]]:
    yield from Dedupe.objects.filter(job_id=job_id, key__in=keys).values_list("key", "task_id")


def _execute(statement: str, params: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
