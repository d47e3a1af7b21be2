"""An invalidation becomes tasks of those that consume what it is about, each once; what still waits takes it in.

Planners of an org go one after the other. Locked are, in this order: the jobs, tasks that nobody has claimed, invalidations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction

from apps.dispatch.selectors import partitions_met
from apps.dispatch.services.bulking import lock_bulk
from apps.dispatch.services.canceling import cancel_tasks
from apps.dispatch.services.handing import top_up
from apps.dispatch.services.invalidating import tell_of
from apps.dispatch.services.marking import settle
from apps.dispatch.services.redone_tasks import make_tasks
from apps.orm.prepared import prepared_cursor
from apps.orm.rows import rows

log = structlog.get_logger("trace.dispatch")

_BITE = 500
# In one transaction: a version that took over may have been read by a million partitions.
_MOST_PARTITIONS = 20_000
# Uses index invalidation_unplanned, which is empty but for moments.
_ORGS = "SELECT DISTINCT org_id FROM dispatch_invalidation WHERE planned_at IS NULL"
_ORGS_OF_EVENTS = """
SELECT DISTINCT org_id FROM dispatch_invalidation
WHERE planned_at IS NULL AND NOT is_partly_planned AND org_id IN (SELECT org_id FROM dispatch_event WHERE id = ANY(%(event_ids)s::uuid[]))
"""
_WAIT = "SELECT pg_advisory_xact_lock(hashtextextended('invalidations/' || %(org_id)s::text, 0)) IS NOT NULL"
_TRY = "SELECT pg_try_advisory_xact_lock(hashtextextended('invalidations/' || %(org_id)s::text, 0))"
_UNPLANNED = """
SELECT id FROM dispatch_invalidation
WHERE org_id = %(org_id)s AND planned_at IS NULL AND (%(and_begun)s OR NOT is_partly_planned) ORDER BY id LIMIT %(limit)s
"""
# Who consumes what is invalid, and had made something of it: an activation that changes who that is waits. What was armed later
# has read, or will read, what holds now.
_NEEDS = """
SELECT v.id, v.root_id, v.scope, v.partition_key, v.range_start, v.range_end, r.consumer_id, r.input, c.strategy, c.generation, EXISTS (
    SELECT FROM dispatch_invalidationmark AS other
    WHERE other.invalidation_id = v.id AND other.consumer_id = c.id AND other.generation <> c.generation
) AS is_again, v.is_partly_planned
FROM dispatch_invalidation AS v
JOIN dispatch_livejob AS p ON p.id = v.job_id AND p.generation = v.generation
JOIN dispatch_route AS r ON r.producer_id = v.job_id AND r.output = v.output
JOIN dispatch_livejob AS c ON c.id = r.consumer_id AND c.job_id IS NOT NULL AND (NOT v.only_beyond OR c.dag_id <> p.dag_id)
JOIN dispatch_armed AS a ON a.job_id = c.id AND a.generation = c.generation AND a.first_at <= v.created_at
WHERE v.id = ANY(%(ids)s::uuid[]) AND (v.is_partly_planned AND c.strategy = 'PerPartition' OR NOT EXISTS (
    SELECT FROM dispatch_invalidationmark AS m
    WHERE m.invalidation_id = v.id AND m.consumer_id = c.id AND m.generation = c.generation
))
ORDER BY v.id, r.consumer_id, r.input
FOR KEY SHARE OF p, c
"""
# By what the tasks were made for; who has none has nothing to do.
_MARK = """
INSERT INTO dispatch_invalidationmark (invalidation_id, consumer_id, generation, task_id, processed_at)
SELECT DISTINCT n.invalidation_id, n.consumer_id, n.generation, made.task_id, CASE WHEN made.task_id IS NULL THEN now() END
FROM unnest(%(ids)s::uuid[], %(job_ids)s::uuid[], %(generations)s::uuid[]) AS n(invalidation_id, consumer_id, generation)
LEFT JOIN LATERAL (
    SELECT i.task_id FROM dispatch_taskinput AS i JOIN dispatch_task AS t ON t.id = i.task_id
    WHERE i.event_id = n.invalidation_id AND t.job_id = n.consumer_id AND t.generation = n.generation
) AS made ON true
WHERE NOT EXISTS (
    SELECT FROM dispatch_invalidationmark AS m
    WHERE m.invalidation_id = n.invalidation_id AND m.consumer_id = n.consumer_id AND m.generation = n.generation
        AND (m.task_id = made.task_id OR made.task_id IS NULL)
)
"""
_PLANNED = "UPDATE dispatch_invalidation SET planned_at = now(), is_partly_planned = false WHERE id = ANY(%(ids)s::uuid[])"
_PARTLY = "UPDATE dispatch_invalidation SET is_partly_planned = true WHERE id = ANY(%(ids)s::uuid[])"


def plan_invalidations() -> int:
    """All that are not planned yet; how many. Two who do it at once make each task once: an org that somebody plans is left to
    them, for they look again when they are through. What they no longer saw is the next beat's.
    """
    return sum(_apart(_plan_all, org_id) for org_id in _orgs(_ORGS, {}))


def plan_a_round() -> None:
    """For whoever has others waiting behind: all that nobody has begun, and one bite of what is begun. Of what is left it is told
    again.
    """
    for org_id in _orgs(_ORGS, {}):
        _apart(_plan_a_round, org_id)


def plan_before_routing(event_ids: Sequence[UUID]) -> None:
    """Of the orgs of these events alone. Waits for whoever plans them: an event must not be routed past what nobody has begun to
    plan. Past what is begun it is: at worst a partition is made twice, and an org of millions stops nobody else's events.
    """
    # At every hop of a task, and nearly always in vain.
    for org_id in _orgs(_ORGS_OF_EVENTS, {"event_ids": list(event_ids)}):
        _plan_all(org_id, lock=_WAIT, and_begun=False)


def _orgs(statement: str, params: dict[str, Any]) -> list[UUID]:
    with prepared_cursor() as cursor:
        cursor.execute(statement, params)
        return [org_id for (org_id,) in cursor.fetchall()]


def _apart(act: Callable[[UUID], int], org_id: UUID) -> int:
    try:
        return act(org_id)
    except Exception:
        log.exception("invalidations_not_planned", org_id=str(org_id))
        return 0


def _plan_all(org_id: UUID, *, lock: str = _TRY, and_begun: bool = True) -> int:
    planned = 0
    while some := _plan(org_id, lock=lock, and_begun=and_begun):
        planned += some
    return planned


def _plan_a_round(org_id: UUID) -> int:
    planned = _plan_all(org_id, and_begun=False)
    with transaction.atomic():
        # None: all is planned, or somebody else is at it.
        if some := _plan(org_id, lock=_TRY):
            tell_of({org_id})
    return planned + some


@transaction.atomic
def _plan(org_id: UUID, *, lock: str, and_begun: bool = True) -> int:
    with connection.cursor() as cursor:
        cursor.execute(lock, {"org_id": org_id})
        if cursor.fetchone() != (True,):
            return 0
        cursor.execute(_UNPLANNED, {"org_id": org_id, "and_begun": and_begun, "limit": _BITE})
        ids = [invalidation_id for (invalidation_id,) in cursor.fetchall()]
        if not ids:
            return 0
        cursor.execute(_NEEDS, {"ids": ids})
        needs = rows(cursor)
    lock_bulk(needs)
    by_partition, others = ([one for one in needs if (one.strategy == "PerPartition") is wanted] for wanted in (True, False))
    met = partitions_met(by_partition, most=_MOST_PARTITIONS)
    # Those up to it are through; of it, and of what comes after it, more are met.
    last = met[-1][0] if len(met) == _MOST_PARTITIONS else len(by_partition)
    absorbed = make_tasks(needs, [(by_partition[place], partition) for place, partition in met])
    _note([*others, *by_partition[: last + 1]], ids, first_open=by_partition[last].id if last < len(by_partition) else None)
    cancel_tasks(absorbed)
    top_up([org_id])
    return len(ids)


def _note(needs: Sequence[Any], ids: Sequence[UUID], *, first_open: UUID | None) -> None:
    planned = [one for one in ids if first_open is None or one < first_open]
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {
            "ids": [one.id for one in needs], "job_ids": [one.consumer_id for one in needs],
            "generations": [one.generation for one in needs],
        })  # fmt: skip
        cursor.execute(_PLANNED, {"ids": planned})
        cursor.execute(_PARTLY, {"ids": [one for one in ids if first_open is not None and one >= first_open]})
    settle(planned)
