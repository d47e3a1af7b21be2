"""Events that come again while what they name is being done again: the task of the invalidation is theirs, too."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db import connection

from apps.dispatch.services.creating import link_inputs
from apps.dispatch.spans import range_of_key
from apps.orm.rows import rows

# Uses index invalidation_open. Read without a lock: nearly all events are about none of these.
_OPEN = """
SELECT v.job_id, v.output, v.task_id AS said_by, v.created_at, v.partition_key AS invalid_key, v.range_start AS invalid_start,
    v.range_end AS invalid_end, m.consumer_id, t.id, t.status, t.partition_key, t.range_start, t.range_end
FROM dispatch_invalidation AS v
JOIN dispatch_invalidationmark AS m ON m.invalidation_id = v.id AND m.consumer_id = ANY(%(consumers)s::uuid[])
JOIN dispatch_livejob AS c ON c.id = m.consumer_id AND c.generation = m.generation
JOIN dispatch_task AS t ON t.id = m.task_id AND t.status <> 'canceled'
WHERE v.job_id = ANY(%(producers)s::uuid[]) AND v.done_at IS NULL
ORDER BY t.id
"""
# A claim waits until the events are in; a task that was claimed since it was read is not found. The router goes on to lock those
# that events join by their partition: they are locked here, in one order with the others, for a claim takes all of its tasks in
# the order of ids. What is made between the two statements has a later id than any of them.
_LOCK = """
SELECT id FROM dispatch_task WHERE status = 'queued' AND id IN (
    SELECT unnest(%(ids)s::uuid[])
    UNION ALL
    SELECT id FROM dispatch_task
    WHERE job_id = ANY(%(consumers)s::uuid[]) AND partition_key = ANY(%(keys)s::text[]) AND status = 'queued' AND partition_key <> ''
)
ORDER BY id FOR NO KEY UPDATE
"""


def unsatisfied(arrivals: Sequence[Any]) -> list[Any]:
    """Those that ask for a task of their own. The others are inputs of the one that does their scope again."""
    asked = [row for row in arrivals if row.is_invalid and not row.has_trigger]
    taken = _taken(asked, arrivals) if asked else {}
    link_inputs((task.id, number, event_id) for (event_id, _, number), task in taken.items() if task.status == "queued")
    return [row for row in arrivals if (row.id, row.consumer_id, row.input) not in taken]


def _taken(asked: Sequence[Any], arrivals: Sequence[Any]) -> dict[tuple[UUID, UUID, int], Any]:
    """By event, consumer and input: the task that satisfies it."""
    open_tasks = _open_tasks(asked)
    may = {
        (row.id, row.consumer_id, row.input): found
        for row in asked if (about := open_tasks.get((row.consumer_id, row.job_id, row.output))) and (found := about.satisfying(row))
    }  # fmt: skip
    queued = [task.id for found in may.values() for task in found if task.status == "queued"]
    locked = _locked(queued, arrivals) if queued else set()
    taken = {}
    for key, found in may.items():
        if (task := next((one for one in found if one.status != "queued" or one.id in locked), None)) is not None:
            taken[key] = task
    return taken


def _open_tasks(asked: Sequence[Any]) -> dict[tuple[UUID, UUID, int], _Scopes]:
    """By consumer, producer and output."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {
            "consumers": list({row.consumer_id for row in asked}), "producers": list({row.job_id for row in asked}),
        })  # fmt: skip
        found = rows(cursor)
    alike: dict[tuple[UUID, UUID, int], list[Any]] = defaultdict(list)
    for task in found:
        alike[task.consumer_id, task.job_id, task.output].append(task)
    return {about: _Scopes(tasks) for about, tasks in alike.items()}


def _locked(task_ids: Sequence[UUID], arrivals: Sequence[Any]) -> set[UUID]:
    by_partition = [row for row in arrivals if row.strategy == "PerPartition" and not row.has_trigger]
    keys = {row.partition_key or str(int(row.cursor)) for row in by_partition if row.partition_key or row.cursor is not None}
    params = {"ids": list(task_ids), "consumers": list({row.consumer_id for row in by_partition}), "keys": list(keys)}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, params)
        return {task_id for (task_id,) in cursor.fetchall()}


class _Scopes:
    """Tasks by what they do again: thousands may be open, and each event asks."""

    def __init__(self, tasks: Sequence[Any]) -> None:
        self._by_key: dict[str, list[Any]] = defaultdict(list)
        ranges: list[tuple[int, int, Any]] = []
        for task in tasks:
            key, start, end = _scope(task)
            if key:
                self._by_key[key].append(task)
            if start is not None and end is not None:
                ranges.append((start, end, task))
        self._ranges = sorted(ranges, key=lambda one: one[0])
        self._starts = [start for start, _, _ in self._ranges]
        # How far those up to each of them reach: where that is not far enough, none before it needs to be looked at.
        self._reached = list(accumulate((end for _, end, _ in self._ranges), max))

    def satisfying(self, row: Any) -> list[Any]:
        """Those that read what the event tells of: nobody has claimed them, or they were made for what the same report said, and
        so have read what came with it.
        """
        return [
            task for task in self._covering(row)
            if task.status == "queued" or (task.said_by, task.created_at) == (row.task_id, row.created_at)
        ]  # fmt: skip

    def _covering(self, row: Any) -> Iterator[Any]:
        yield from self._by_key.get(row.partition_key, ())
        first, last = _blocks(row)
        if first is None or last is None:
            return
        at = bisect_right(self._starts, first) - 1
        while at >= 0 and self._reached[at] >= last:
            if self._ranges[at][1] >= last:
                yield self._ranges[at][2]
            at -= 1


def _scope(task: Any) -> tuple[str, int | None, int | None]:
    """Its own; of a Bulk task, which has none, that of the invalidation."""
    if task.partition_key or task.range_start is not None:
        return task.partition_key, task.range_start, task.range_end
    return task.invalid_key, task.invalid_start, task.invalid_end


def _blocks(row: Any) -> tuple[int | None, int | None]:
    if row.cursor is not None:
        return int(row.cursor), int(row.cursor)
    if row.range_start is not None:
        return row.range_start, row.range_end
    return range_of_key(row.partition_key) or (None, None)
