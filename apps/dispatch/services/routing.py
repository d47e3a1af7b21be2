"""The router: an event becomes tasks of the jobs that listen to it, each event once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.datasets.domain import version_id
from apps.dispatch.domain import Cause, EventKind
from apps.dispatch.services.bulking import gather, lock_bulk
from apps.dispatch.services.creating import Wish, create_tasks, link_inputs
from apps.dispatch.services.cursors import Done, advance_cursors
from apps.dispatch.services.handing import top_up
from apps.dispatch.services.meeting import let_in
from apps.dispatch.services.redoing import plan_before_routing
from apps.dispatch.services.satisfying import unsatisfied
from apps.orm.prepared import prepared_cursor
from apps.orm.rows import rows

# One of an older generation is kept, and goes nowhere.
_SEEN = """
SELECT e.id, e.org_id, e.job_id, e.task_id, e.created_at, e.output, e.root_id, e.generation, e.kind, e.cursor, e.partition_key, e.range_start, e.range_end,
    e.materialisation, e.data, r.consumer_id, r.input, r."where", c.strategy, c.generation AS consumer_generation, c.trigger IS NOT NULL AS has_trigger,
    (SELECT count(*) FROM dispatch_route AS other WHERE other.consumer_id = c.id AND other.listens) > 1 AS has_several,
    EXISTS (SELECT FROM dispatch_invalidation AS v WHERE v.job_id = e.job_id AND v.output = e.output AND v.done_at IS NULL) AS is_invalid
FROM {events} AS e
JOIN dispatch_livejob AS p ON p.id = e.job_id AND p.generation = e.generation
JOIN dispatch_route AS r ON r.producer_id = e.job_id AND r.output = e.output AND r.listens AND {routes}
JOIN dispatch_livejob AS c ON c.id = r.consumer_id AND c.job_id IS NOT NULL
ORDER BY e.id, r.consumer_id, r.input
FOR KEY SHARE OF p, c
"""
# Whoever takes an event routes it: a second call finds nothing to take.
_TAKE = """
WITH taken AS (
    UPDATE dispatch_event SET routed_at = clock_timestamp()
    WHERE id = ANY(%(ids)s::uuid[]) AND routed_at IS NULL
    RETURNING *
)""" + _SEEN.format(events="taken", routes="NOT r.waits")  # noqa: S608  made of constants
_TAKE_AGAIN = """
WITH seen AS (
    SELECT e.id, e.org_id, live.id AS job_id, e.task_id, e.created_at, e.output, e.root_id, e.generation, e.kind, e.cursor, e.partition_key,
        e.range_start, e.range_end, e.materialisation, e.data
    FROM dispatch_event AS e JOIN dispatch_livejob AS said ON said.id = e.job_id
    JOIN dispatch_livejob AS live ON live.dag_id = said.dag_id AND live.name = said.name AND live.build_id IS NULL
    WHERE e.id = ANY(%(ids)s::uuid[])
)
""" + _SEEN.format(events="seen", routes="r.consumer_id = ANY(%(consumers)s::uuid[])")  # noqa: S608  as above
# Two routers with one partition of a job that listens to several: the second finds the task of the first. Before any task is
# locked, as jobs are.
_ONE_AT_A_TIME = """
SELECT pg_advisory_xact_lock(hashtextextended('partitions/' || id::text, 0))
FROM (SELECT id FROM unnest(%(job_ids)s::uuid[]) AS asked(id) ORDER BY id) AS ordered
"""
# Uses index task_joinable. Locked, so that a claim waits until the event is in.
_JOINABLE = """
SELECT id, job_id, partition_key FROM dispatch_task
WHERE job_id = ANY(%(job_ids)s::uuid[]) AND partition_key = ANY(%(keys)s::text[]) AND status = 'queued' AND partition_key <> ''
    AND NOT is_alone AND (job_id, generation) IN (SELECT id, generation FROM dispatch_livejob WHERE id = ANY(%(job_ids)s::uuid[]))
ORDER BY id FOR NO KEY UPDATE
"""


def route_events(event_ids: Sequence[UUID]) -> int:
    """How many tasks were made. What does not hold any more is planned before: an event may be satisfied by that."""
    plan_before_routing(event_ids)
    return _route(event_ids)


@transaction.atomic
def _route(event_ids: Sequence[UUID]) -> int:
    with prepared_cursor() as cursor:
        cursor.execute(_TAKE, {"ids": list(event_ids)})
        taken = rows(cursor)
    arrivals = _matching(taken)
    _lock_jobs(arrivals)
    return _make_tasks(taken, unsatisfied(arrivals))


def _lock_jobs(arrivals: Sequence[Any]) -> None:
    several = {row.consumer_id for row in arrivals if row.has_several and row.strategy == "PerPartition" and not row.has_trigger}
    if several:
        with prepared_cursor() as cursor:
            cursor.execute(_ONE_AT_A_TIME, {"job_ids": list(several)})
    lock_bulk([row for row in arrivals if not row.has_trigger])


def route_again(
    event_ids: Sequence[UUID], consumers: Collection[UUID], *, suffix: str = "", but: Collection[tuple[UUID, UUID]] = ()
) -> int:
    """To jobs that have not seen them, `but` those that have; in the caller's transaction. `suffix` tells their tasks from those
    that others made of them.
    """
    with prepared_cursor() as cursor:
        cursor.execute(_TAKE_AGAIN, {"ids": list(event_ids), "consumers": list(consumers)})
        taken = rows(cursor)
    arrivals = [row for row in _matching(taken) if (row.id, row.consumer_id) not in but]
    _lock_jobs(arrivals)
    return _make_tasks(taken, arrivals, lambda wish: replace(wish, cause=Cause.REBUILD, key=f"{wish.key}{suffix}"))


def _matching(taken: Sequence[Any]) -> list[Any]:
    return [row for row in taken if matches(row.where, row.data)]


def _make_tasks(taken: Sequence[Any], arrivals: Sequence[Any], change: Callable[[Wish], Wish] = lambda wish: wish) -> int:
    created = create_tasks([change(wish) for wish in _wishes(arrivals)])
    advance_cursors(_passed(taken, {(one.job_id, one.key) for one in created}))
    top_up({row.org_id for row in arrivals})
    return len(created)


def _passed(taken: Sequence[Any], made: Collection[tuple[UUID, str]]) -> list[Done]:
    """What asks nothing more of its consumer, which has come past it: it matched no filter, or its task was there before."""
    return [
        Done(row.consumer_id, row.consumer_generation, position)
        for row in taken
        if row.strategy == "PerUpdate" and not row.has_trigger and (position := _position(row)) is not None
        and not (matches(row.where, row.data) and (row.consumer_id, _key_of_update(row)) in made)
    ]  # fmt: skip


def matches(where: Mapping[str, Sequence[Any]], data: Mapping[str, Any] | None) -> bool:
    """A field that the event does not carry is the operator's to look at, row by row."""
    return all(data[key] in values for key, values in where.items() if data and key in data)


def _wishes(arrivals: Sequence[Any]) -> list[Wish]:
    plain = [row for row in arrivals if not row.has_trigger]
    by_partition = [row for row in plain if row.strategy == "PerPartition"]
    per_update = [row for row in plain if row.strategy == "PerUpdate"]
    return [
        *_merged([_wish(row, _key_of_update(row), _position(row)) for row in per_update], by=lambda wish: wish.key),
        *_merged(_per_partition(by_partition), by=lambda wish: wish.partition_key),
        *gather([row for row in plain if row.strategy == "Bulk"]),
        *let_in([row for row in arrivals if row.has_trigger]),
    ]


def _per_partition(arrivals: Sequence[Any]) -> list[Wish]:
    """An event whose partition has a task that nobody has claimed joins it."""
    open_tasks = _joinable(arrivals)
    joins = [(open_tasks[key], row) for row in arrivals if (key := (row.consumer_id, _partition(row))) in open_tasks]
    link_inputs((task_id, row.input, row.id) for task_id, row in joins)
    return [
        _wish(row, f"partition:{_version(row)}:{_partition(row)}:{row.materialisation}")
        for row in arrivals if (row.consumer_id, _partition(row)) not in open_tasks
    ]  # fmt: skip


def _joinable(arrivals: Sequence[Any]) -> dict[tuple[UUID, str], UUID]:
    if not arrivals:
        return {}
    with prepared_cursor() as cursor:
        params = {"job_ids": list({row.consumer_id for row in arrivals}), "keys": list({_partition(row) for row in arrivals})}
        cursor.execute(_JOINABLE, params)
        return {(row.job_id, row.partition_key): row.id for row in rows(cursor)}


def _wish(row: Any, key: str, position: Any = None) -> Wish:
    return Wish(
        row.consumer_id, key, Cause.EVENT, root_id=row.root_id, position=position, partition_key=_partition(row),
        start=row.range_start, end=row.range_end, inputs=((row.input, row.id),),
    )  # fmt: skip


def _merged(wishes: Iterable[Wish], *, by: Callable[[Wish], str]) -> Iterator[Wish]:
    """Two events of one batch that ask for the same task are both its inputs."""
    alike: dict[tuple[UUID, str], list[Wish]] = defaultdict(list)
    for wish in wishes:
        alike[wish.job_id, by(wish)].append(wish)
    for first, *others in alike.values():
        yield replace(first, inputs=tuple(dict.fromkeys(sum((one.inputs for one in others), first.inputs))))


def _version(row: Any) -> UUID:
    return version_id(row.job_id, row.output, row.generation)


def _partition(row: Any) -> str:
    """Its own, or what stands for it: a cursor's value; a signal is alone in its partition."""
    return row.partition_key or (str(int(row.cursor)) if row.cursor is not None else str(row.id))


def _key_of_update(row: Any) -> str:
    if row.kind == EventKind.CURSOR:
        again = f":{row.materialisation}" if row.materialisation else ""
        return f"cursor:{_version(row)}:{int(row.cursor)}{again}"
    if row.kind == EventKind.SIGNAL:
        return f"event:{row.id}"
    if row.range_start is not None:
        return f"range:{_version(row)}:{row.range_start}-{row.range_end}:{row.materialisation}"
    return f"partition:{_version(row)}:{row.partition_key}:{row.materialisation}"


def _position(row: Any) -> Any:
    """Where a job that does one at a time takes it; None is by age."""
    return row.cursor if row.cursor is not None else row.range_end
