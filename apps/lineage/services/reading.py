"""What each attempt has read: what it was pinned to; where nothing was, what arrived at its task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection

from apps.datasets.domain import dataset_id, live_job_id, version_id
from apps.lineage.domain import ReadAs
from apps.lineage.models import MadeFrom
from apps.orm.rows import rows

Attempt = tuple[UUID, int]
# Of each input of an attempt; what is beyond is kept as one row with the bounds of all of it.
MOST_PIECES = 1_000

_PINNED = """
SELECT p.task_id, p.attempt, p.input, p.version_id, p.partition_id, p.key, p.number, p.range_start, p.range_end, p.cursor,
    coalesce(p.read_rows, p.rows) AS rows, coalesce(p.read_bytes, p.size_bytes) AS size_bytes, o.id AS output_id, o.dag, o.job, o.number AS output
FROM unnest(%(tasks)s::uuid[], %(attempts)s::int[]) AS said(task_id, attempt)
JOIN dispatch_pin AS p ON p.task_id = said.task_id AND p.attempt = said.attempt AND p.id >= said.task_id
JOIN datasets_version AS v ON v.id = p.version_id JOIN datasets_output AS o ON o.id = v.output_id
ORDER BY p.task_id, p.attempt, p.input, p.version_id, p.id
"""
_ARRIVED = """
SELECT i.task_id, i.input, said.read_as, j.dag_id, d.name AS dag, j.name AS job, said.output, said.generation, said.key, said.number,
    said.range_start, said.range_end, said.cursor
FROM unnest(%(tasks)s::uuid[]) AS wanted(task_id)
JOIN dispatch_taskinput AS i ON i.task_id = wanted.task_id AND i.id >= wanted.task_id
CROSS JOIN LATERAL (
    SELECT 'arrived' AS read_as, job_id, output, generation, partition_key AS key, materialisation AS number, range_start, range_end, cursor
    FROM dispatch_event WHERE id = i.event_id
    UNION ALL
    SELECT 'invalidated', job_id, output, generation, partition_key, 0, range_start, range_end, NULL
    FROM dispatch_invalidation WHERE id = i.event_id
) AS said
JOIN dispatch_livejob AS j ON j.id = said.job_id JOIN dags_dag AS d ON d.id = j.dag_id
ORDER BY i.task_id, i.input, j.dag_id, j.name, said.output, i.id
"""


def inputs_of(attempts: Collection[Attempt]) -> dict[Attempt, list[MadeFrom]]:
    """Not saved yet, and of nothing yet."""
    found = _pinned(attempts)
    arrived = _arrived({task_id for task_id, _ in attempts})
    for attempt in attempts:
        pinned = {one.input for one in found[attempt]}
        found[attempt] += [one for one in arrived[attempt[0]] if one.input not in pinned]
    return found


def _pinned(attempts: Collection[Attempt]) -> defaultdict[Attempt, list[MadeFrom]]:
    tasks, numbers = zip(*attempts, strict=True) if attempts else ((), ())
    found: defaultdict[Attempt, list[MadeFrom]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_PINNED, {"tasks": list(tasks), "attempts": list(numbers)})
        read = rows(cursor)
    for (task_id, attempt, _, _), some in groupby(read, lambda row: (row.task_id, row.attempt, row.input, row.version_id)):
        found[task_id, attempt] += _bounded([_of_pin(row) for row in some])
    return found


def _of_pin(row: Any) -> MadeFrom:
    return MadeFrom(
        input=row.input, read_as=ReadAs.PINNED, output_id=row.output_id, version_id=row.version_id, dag=row.dag, job=row.job,
        output=row.output, partition_id=row.partition_id, key=row.key, number=row.number, range_start=row.range_start,
        range_end=row.range_end, cursor=row.cursor, rows=row.rows, size_bytes=row.size_bytes,
    )  # fmt: skip


def _arrived(task_ids: Collection[UUID]) -> defaultdict[UUID, list[MadeFrom]]:
    found: defaultdict[UUID, list[MadeFrom]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVED, {"tasks": list(task_ids)})
        read = rows(cursor)
    for (task_id, *_), some in groupby(read, lambda row: (row.task_id, row.input, row.dag_id, row.job, row.output)):
        found[task_id] += _bounded([_of_arrival(row) for row in some])
    return found


def _of_arrival(row: Any) -> MadeFrom:
    job_id = live_job_id(row.dag_id, row.job)
    return MadeFrom(
        input=row.input, read_as=row.read_as, output_id=dataset_id(job_id, row.output),
        version_id=version_id(job_id, row.output, row.generation), dag=row.dag, job=row.job, output=row.output, key=row.key,
        number=row.number, range_start=row.range_start, range_end=row.range_end, cursor_first=row.cursor, cursor=row.cursor,
    )  # fmt: skip


def _bounded(pieces: list[MadeFrom]) -> Iterator[MadeFrom]:
    yield from pieces[:MOST_PIECES]
    if len(pieces) > MOST_PIECES:
        yield _as_one(pieces[MOST_PIECES:])


def _as_one(pieces: Sequence[MadeFrom]) -> MadeFrom:
    first = pieces[0]
    first.partition_id, first.key, first.number, first.pieces = None, "", 0, len(pieces)
    first.range_start = min((one.range_start for one in pieces if one.range_start is not None), default=None)
    first.range_end = max((one.range_end for one in pieces if one.range_end is not None), default=None)
    first.cursor_first = min((one.cursor for one in pieces if one.cursor is not None), default=None)
    first.cursor = max((one.cursor for one in pieces if one.cursor is not None), default=None)
    first.rows = sum(one.rows or 0 for one in pieces)
    first.size_bytes = sum(one.size_bytes or 0 for one in pieces)
    return first
