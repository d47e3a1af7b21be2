"""Batches of a buffered table: those of one attempt are one row, which grows by what was written since it was last told.

A source that never ends is one attempt for months: its batches are neither read again for each of them, nor forgotten with their events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.db.models.functions import Coalesce

from apps.dispatch.domain import EventKind
from apps.lineage.models import Made, MadeFrom
from apps.lineage.services.growing import lock_versions

# Those of the same attempt that came after the last that is counted: a task's events are written one after the other, under its lock, so
# that none comes to light below one that was seen. Uses index event_job. What a batch wrote, the dispatcher says, and no task.
_SINCE = """
SELECT count(*), coalesce(sum((e.data ->> 'rows')::bigint), 0), max(e.id::text) FROM dispatch_event AS e
WHERE e.job_id = (SELECT job_id FROM dispatch_event WHERE id = %(event)s) AND e.output = %(output)s AND e.id > %(after)s
    AND e.task_id = %(task)s AND e.attempt = %(attempt)s AND starts_with(e.identity, %(prefix)s)
"""
# The row that grows, and the event that is the last in it. Where that was forgotten, so was all before it: then there is another row.
# Uses index made_task.
_KNOWN = """
SELECT m.id, m.event_id FROM lineage_made AS m JOIN dispatch_event AS e ON e.id = m.event_id
WHERE m.task_id = %(task)s AND m.attempt = %(attempt)s AND m.version_id = %(version)s AND starts_with(e.identity, %(prefix)s)
"""


def batch_prefix(output: int) -> str:
    """How the dispatcher names what a batch is told by. A task has no part in it: what it says itself is named by a hash."""
    return f"{output}:{EventKind.SIGNAL}:batch:"


def sum_batches(made: Sequence[Made], inputs: Mapping[tuple[UUID, int], list[MadeFrom]]) -> None:
    lock_versions({one.version_id for one in made})
    of_attempts = {(one.version_id, one.task_id, one.attempt): one for one in made}
    for said in of_attempts.values():
        there, counted = _known(said)
        times, rows, last = _since(said, counted)
        if there and times:
            grown = {"times": F("times") + times, "rows": Coalesce(F("rows"), 0) + rows}
            Made.objects.filter(pk=there).update(event_id=last, made_at=said.made_at, **grown)
        elif times:
            said.times, said.rows, said.event_id = times, rows, last
            said.save(force_insert=True)
            MadeFrom.objects.bulk_create(_of(said, one) for one in inputs[said.task_id, said.attempt])


def _of(made: Made, read: MadeFrom) -> MadeFrom:
    read = copy(read)
    read.made = made
    return read


def _known(made: Made) -> tuple[UUID | None, UUID]:
    given: dict[str, Any] = {
        "task": made.task_id,
        "attempt": made.attempt,
        "version": made.version_id,
        "prefix": batch_prefix(made.output),
    }
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, given)
        # No event is older than its task.
        return cursor.fetchone() or (None, made.task_id)


def _since(made: Made, after: UUID) -> tuple[int, int, UUID]:
    given: dict[str, Any] = {
        "event": made.event_id, "output": made.output, "task": made.task_id, "attempt": made.attempt, "after": after,
        "prefix": batch_prefix(made.output),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, given)
        times, total, last = cursor.fetchone()
        return int(times), int(total), UUID(last or str(after))
