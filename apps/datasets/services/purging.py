"""What nobody gets to read any more goes: the rows are marked, then the objects are deleted, then the rows.

Whoever dies in between leaves marks, and the next one goes on from them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Coalesce

from apps.datasets.models import Output, Purge, Version

# What a purge is about. Uses the index of partition_number. A partition that was superseded later is not what somebody looked at.
_ABOUT = """
p.version_id IN (SELECT id FROM datasets_version WHERE output_id = %(output_id)s AND (%(version_id)s::uuid IS NULL OR id = %(version_id)s::uuid))
    AND (%(before)s::timestamptz IS NULL OR p.superseded_at < %(before)s::timestamptz)
"""
_LOOK = f"""
SELECT count(*), count(*) FILTER (WHERE p.id = ANY(%(held)s::uuid[])), coalesce(sum(jsonb_array_length(p.files) + 2), 0), coalesce(sum(p.rows), 0),
    coalesce(sum(p.size_bytes), 0)
FROM datasets_partition AS p WHERE {_ABOUT}
"""  # noqa: S608  made of constants
_MARK = f"""
UPDATE datasets_partition AS p SET purge_id = %(purge_id)s FROM (
    SELECT p.id FROM datasets_partition AS p WHERE {_ABOUT} AND p.purge_id IS NULL AND NOT p.id = ANY(%(held)s::uuid[])
    ORDER BY p.id LIMIT %(most)s FOR UPDATE SKIP LOCKED
) AS picked WHERE p.id = picked.id
"""  # noqa: S608  as above
# Uses index partition_purge.
_GOING = "SELECT id, prefix FROM datasets_partition WHERE purge_id = %(purge_id)s ORDER BY id LIMIT %(most)s"
_FORGET = """
WITH gone AS (
    DELETE FROM datasets_partition WHERE purge_id = %(purge_id)s AND id = ANY(%(ids)s::uuid[]) RETURNING version_id, rows, size_bytes, superseded_at
), summed AS (
    UPDATE datasets_version AS v SET partitions = v.partitions - s.partitions, rows = v.rows - s.rows, size_bytes = v.size_bytes - s.size_bytes
    FROM (
        SELECT version_id, count(*) AS partitions, sum(rows) AS rows, sum(size_bytes) AS size_bytes FROM gone WHERE superseded_at IS NULL
        GROUP BY version_id
    ) AS s WHERE v.id = s.version_id
)
UPDATE datasets_purge SET partitions = partitions + (SELECT count(*) FROM gone), objects_gone = objects_gone + %(objects)s,
    size_bytes = size_bytes + (SELECT coalesce(sum(size_bytes), 0) FROM gone), held = 0
WHERE id = %(purge_id)s
"""
_TRANSACTION = "SELECT pg_current_xact_id()::text::bigint"


@dataclass(frozen=True)
class Going:
    """What a purge would delete. `held`: partitions that attempts read now; they go when those have ended."""

    partitions: int
    held: int
    objects: int
    rows: int
    size_bytes: int


def going(output: Output, version: Version | None, *, before: datetime | None, held: Collection[UUID]) -> Going:
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, {**_about(output.pk, version.pk if version else None, before), "held": list(held)})
        return Going(*(int(one) for one in cursor.fetchone()))


def begin_purge(
    output: Output, version: Version | None, *, before: datetime | None, begun_by: UUID | None, now: datetime
) -> Purge:
    """In the transaction of the caller, which knows that no DAG needs the version, and sees to it that this stays so."""
    if version is not None and before is None:
        Version.objects.filter(pk=version.pk).update(purged_at=now)
    with connection.cursor() as cursor:
        cursor.execute(_TRANSACTION)
        (number,) = cursor.fetchone()
    return Purge.objects.create(
        output=output, version=version, before=before, begun_by_id=begun_by, begun_at=now, begun_in=number
    )


def mark_some(purge: Purge, *, held: Collection[UUID], most: int) -> int:
    about = _about(purge.output_id, purge.version_id, purge.before)
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {**about, "purge_id": purge.pk, "held": list(held), "most": most})
        return int(cursor.rowcount)


def hold_back(purge: Purge, *, held: int) -> None:
    Purge.objects.filter(pk=purge.pk).update(held=held)


def marked(purge: Purge, *, most: int) -> list[tuple[UUID, str]]:
    """Ids and prefixes of what is marked and still there."""
    with connection.cursor() as cursor:
        cursor.execute(_GOING, {"purge_id": purge.pk, "most": most})
        return list(cursor.fetchall())


def forget(purge: Purge, ids: Sequence[UUID], *, objects: int) -> None:
    """Once their objects are gone."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"purge_id": purge.pk, "ids": list(ids), "objects": objects})


def note_problem(purge_id: UUID, words: str, *, now: datetime) -> None:
    """Why it does not go on; without words it does."""
    since = Coalesce("problem_since", Value(now)) if words else None
    Purge.objects.filter(pk=purge_id).update(problem=words, problem_since=since)


def end_purge(purge: Purge, *, now: datetime) -> None:
    Purge.objects.filter(pk=purge.pk, done_at=None).update(done_at=now, held=0)


def _about(output_id: UUID, version_id: UUID | None, before: datetime | None) -> dict[str, Any]:
    return {"output_id": output_id, "version_id": version_id, "before": before}
