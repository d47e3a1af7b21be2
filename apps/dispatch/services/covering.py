"""Which tasks make a chosen part of what a job makes: of what is kept of its inputs, or else from the source on."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from apps.dispatch.chosen import Blocks, Chosen, Disjoint, Unit, without_overlaps
from apps.dispatch.models import LiveJob
from apps.dispatch.services.climbing import Lacks, Start, Way, ways_up
from apps.dispatch.services.meeting import satisfied
from apps.dispatch.services.routing import matches
from apps.dispatch.spans import Piece, Span, left_of, merge, range_of_key
from apps.orm.rows import rows
from apps.platform.errors import Invalid

# Of each scope what was said last, by the live job or by one that made the same before it took over. Uses index event_job. Ranges
# of numbers, because the last of 64 bits has none after it.
_SAID = """
SELECT DISTINCT ON (r.input, e.partition_key, e.cursor) e.id, r.input, r."where", e.data, e.partition_key AS key, e.cursor, e.range_start, e.range_end
FROM dispatch_route AS r
JOIN dispatch_livejob AS p ON p.id = r.producer_id
JOIN dispatch_livejob AS said ON said.dag_id = p.dag_id AND said.name = p.name AND said.generation = p.generation
JOIN dispatch_event AS e ON e.job_id = said.id AND e.output = r.output AND e.generation = p.generation
WHERE r.consumer_id = %(job_id)s AND r.listens AND e.kind <> 'signal' AND (
    e.partition_key = ANY(%(keys)s::text[]) OR numrange(coalesce(e.range_start, e.cursor), coalesce(e.range_end, e.cursor), '[]') && %(ranges)s::nummultirange
    AND coalesce(e.range_start, e.cursor) IS NOT NULL
)
ORDER BY r.input, e.partition_key, e.cursor, e.id DESC LIMIT %(most)s
"""
# Written as the predicates of indexes task_waiting and task_under_way, so that no history is read. Of one that is run again for itself those below hear nothing: it does not count.
_UNDER_WAY = """
SELECT partition_key AS key, range_start, range_end, position FROM dispatch_task
WHERE org_id = %(org_id)s AND job_id = ANY(%(job_ids)s::uuid[]) AND NOT is_alone AND cancel_requested_at IS NULL
    AND (status = 'queued' AND handed_at IS NULL
    OR status = 'running' OR status = 'queued' AND handed_at IS NOT NULL OR status = 'failed' AND next_retry_at IS NOT NULL) AND (
        partition_key = ANY(%(keys)s::text[]) OR range_start IS NOT NULL AND numrange(range_start, range_end, '[]') && %(ranges)s::nummultirange
        OR range_start IS NULL AND position IS NOT NULL AND numrange(position, position, '[]') && %(ranges)s::nummultirange
    )
"""
# A job takes few inputs, and a backfill makes 10,000 tasks at most.
_MOST_SAID = 50_000
# Each is a task of the source, made while the asker waits and the job is held.
_MOST_STARTS = 500
_TOO_MANY = f"one backfill starts a source {_MOST_STARTS} times at most: ask for it again once these are made"


@dataclass(frozen=True)
class Plan:
    """`under_way`: what somebody does already. `lacking`: what nobody can make, and why."""

    units: list[Unit]
    starts: list[Start]
    under_way: list[str]
    lacking: list[tuple[str, str]]

    @property
    def tasks(self) -> int:
        """Of the job itself; of what begins at a source, as many as are known before."""
        return len(self.units) + sum(one.tasks for one in self.starts)


def plan_backfill(live: LiveJob, wanted: Chosen, *, there: Collection[str], may_start: Collection[UUID]) -> Plan:
    """`there`: keys of the partitions that are committed. `may_start`: DAGs whose sources the asker may start."""
    said = [row for row in _said(live, wanted) if matches(row.where, row.data)]
    units = without_overlaps(_units(live, said), there)
    busy = _busy([live], wanted.ranges, [*wanted.keys, *(unit.key for unit in units)])
    free = [unit for unit in units if not busy.holds(unit)]
    names = {unit.key for unit in units}
    lacking = [(key, "nothing that it is made of has this key any more") for key in wanted.keys if key not in names]
    under_way = [unit.key for unit in units if busy.holds(unit)]
    plan = Plan(free, [], under_way, lacking)
    alike: dict[frozenset[int], list[Blocks]] = defaultdict(list)
    covered = _Covered(said)
    for blocks in left_of(wanted.ranges, [unit.blocks for unit in units if unit.blocks]):
        alike[covered.inputs_over(blocks)].append(blocks)
    for given, ranges in alike.items():
        _from_the_source(plan, ranges, ways_up(live, given, may_start))
    return plan


def _from_the_source(plan: Plan, ranges: Sequence[Blocks], ways: list[Way] | Lacks) -> None:
    """All that lack the same at once: gaps come in thousands."""
    if isinstance(ways, Lacks):
        plan.lacking.extend((_key(blocks), str(ways)) for blocks in ranges)
        return
    busy = _busy([job for way in ways for job in way.path], ranges, ())
    plan.under_way.extend(_key(blocks) for blocks in ranges if busy.meets(blocks))
    free = [blocks for blocks in ranges if not busy.meets(blocks)]
    room = max(_MOST_STARTS - len(plan.starts), 0) // len(ways)
    plan.starts.extend(Start(way.source, blocks, way.tasks_over(blocks)) for blocks in free[:room] for way in ways)
    plan.lacking.extend((_key(blocks), _TOO_MANY) for blocks in free[room:])


def _key(blocks: Blocks) -> str:
    return f"{blocks[0]}-{blocks[1]}"


def _said(live: LiveJob, wanted: Chosen) -> list[Any]:
    params: dict[str, Any] = {
        "job_id": live.pk,
        "keys": list(wanted.keys),
        "ranges": multirange(wanted.ranges),
        "most": _MOST_SAID + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SAID, params)
        found = rows(cursor)
    if len(found) > _MOST_SAID:
        raise Invalid(f"`{live.name}` is made of too much there: choose less of it, several times.", code="too_much_chosen")
    return found


def multirange(ranges: Iterable[Blocks]) -> str:
    return "{" + ",".join(f"[{start},{end}]" for start, end in ranges) + "}"


def _units(live: LiveJob, said: Sequence[Any]) -> list[Unit]:
    """As the router would make them: what has one key is one task."""
    alike: dict[str, list[Any]] = defaultdict(list)
    for row in said:
        if row.key or live.trigger is None:
            alike[row.key or str(int(row.cursor))].append(row)
    return [
        _unit(live, key, together) for key, together in alike.items()
        if live.trigger is None or satisfied(live.trigger, frozenset(row.input for row in together))
    ]  # fmt: skip


def _unit(live: LiveJob, key: str, together: Sequence[Any]) -> Unit:
    first = together[0]
    last = first.cursor if first.cursor is not None else first.range_end
    position = int(last) if last is not None and live.strategy == "PerUpdate" else None
    return Unit(key, first.range_start, first.range_end, position, tuple((row.input, row.id) for row in together))


class _Covered:
    """What is kept of each input."""

    def __init__(self, said: Sequence[Any]) -> None:
        by_input: dict[int, list[Span[None]]] = defaultdict(list)
        for row in said:
            if row.range_start is not None:
                # One further, so that those which touch become one.
                by_input[row.input].append(Span(row.range_start, row.range_end + 1, None))
        self._pieces = {number: merge(spans) for number, spans in by_input.items()}

    def inputs_over(self, blocks: Blocks) -> frozenset[int]:
        """Those that have all of the range."""
        return frozenset(number for number, pieces in self._pieces.items() if _holds(pieces, blocks))


def _holds(pieces: Sequence[Piece[None]], blocks: Blocks) -> bool:
    at = bisect_right(pieces, blocks[0], key=lambda one: one.start) - 1
    return at >= 0 and blocks[1] < pieces[at].end


class _Busy:
    """Scopes of tasks that somebody does, or will."""

    def __init__(self, tasks: Sequence[Any]) -> None:
        self._keys = {task.key for task in tasks if task.key}
        self._ranges = Disjoint(blocks for task in tasks if (blocks := _blocks(task)))

    def holds(self, unit: Unit) -> bool:
        return unit.key in self._keys or bool(unit.blocks and self.meets(unit.blocks))

    def meets(self, blocks: Blocks) -> bool:
        return self._ranges.meets(blocks)


def _blocks(task: Any) -> Blocks | None:
    if task.range_start is not None:
        return task.range_start, task.range_end
    return range_of_key(task.key) or (None if task.position is None else (int(task.position), int(task.position)))


def _busy(jobs: Sequence[LiveJob], ranges: Iterable[Blocks], keys: Collection[str]) -> _Busy:
    params: dict[str, Any] = {
        "org_id": jobs[0].org_id, "job_ids": [job.pk for job in jobs], "keys": list(keys), "ranges": multirange(ranges),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_UNDER_WAY, params)
        return _Busy(rows(cursor))


def not_under_way(live: LiveJob, units: Sequence[Unit]) -> list[Unit]:
    """Those that nobody does at this moment."""
    busy = _busy([live], [unit.blocks for unit in units if unit.blocks], [unit.key for unit in units])
    return [unit for unit in units if not busy.holds(unit)]
