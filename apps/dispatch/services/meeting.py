"""Jobs whose inputs must meet: events wait at their door, by partition key or else together, until the trigger is satisfied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.dispatch.domain import Cause
from apps.dispatch.services.creating import Wish, create_tasks
from apps.dispatch.services.handing import top_up
from apps.orm.rows import rows

_LOCK = """
SELECT id, trigger FROM dispatch_livejob
WHERE id = ANY(%(job_ids)s::uuid[]) AND trigger IS NOT NULL ORDER BY id FOR NO KEY UPDATE
"""
_WAIT = """
INSERT INTO dispatch_waiting (consumer_id, correlation, input, event_id)
SELECT * FROM unnest(%(job_ids)s::uuid[], %(correlations)s::text[], %(inputs)s::smallint[], %(event_ids)s::uuid[])
"""
_AT_THE_DOOR = """
SELECT w.id, w.consumer_id, w.correlation, w.input, w.event_id, e.org_id, e.root_id, e.range_start, e.range_end,
    w.arrived_at < clock_timestamp() - make_interval(secs => j.trigger_seconds) AS is_late
FROM dispatch_waiting AS w JOIN dispatch_event AS e ON e.id = w.event_id JOIN dispatch_livejob AS j ON j.id = w.consumer_id
WHERE w.consumer_id = ANY(%(job_ids)s::uuid[]) ORDER BY w.id
"""
_GO = "DELETE FROM dispatch_waiting WHERE id = ANY(%(ids)s::uuid[])"
# Uses index waiting_since.
_LATE = """
SELECT DISTINCT w.consumer_id FROM dispatch_waiting AS w JOIN dispatch_livejob AS j ON j.id = w.consumer_id
WHERE j.trigger_seconds IS NOT NULL AND w.arrived_at < clock_timestamp() - make_interval(secs => j.trigger_seconds)
"""


def satisfied(trigger: Any, arrived: frozenset[int]) -> bool:
    """`trigger` is the number of an input, or `{all: […], any: […]}` of such."""
    if isinstance(trigger, int):
        return trigger in arrived
    every, some = trigger.get("all"), trigger.get("any")
    return (not every or all(satisfied(one, arrived) for one in every)) and (
        not some or any(satisfied(one, arrived) for one in some)
    )


def let_in(arrivals: Sequence[Any]) -> list[Wish]:
    """A task for each group that is complete now."""
    if not arrivals:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_WAIT, {
            "job_ids": [row.consumer_id for row in arrivals], "correlations": [row.partition_key for row in arrivals],
            "inputs": [row.input for row in arrivals], "event_ids": [row.id for row in arrivals],
        })  # fmt: skip
    return _open_doors({row.consumer_id for row in arrivals})


@transaction.atomic
def let_in_late() -> int:
    """After its timeout a group goes with what is there."""
    with connection.cursor() as cursor:
        cursor.execute(_LATE)
        jobs = {job_id for (job_id,) in cursor.fetchall()}
    created = create_tasks(_open_doors(jobs))
    top_up({one.org_id for one in created})
    return len(created)


def _open_doors(job_ids: Iterable[UUID]) -> list[Wish]:
    jobs = sorted(job_ids)
    if not jobs:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"job_ids": jobs})
        triggers = {row.id: row.trigger for row in rows(cursor)}
        cursor.execute(_AT_THE_DOOR, {"job_ids": jobs})
        groups: dict[tuple[UUID, str], list[Any]] = defaultdict(list)
        for row in rows(cursor):
            groups[row.consumer_id, row.correlation].append(row)
        goes = [group for (job_id, _), group in groups.items() if job_id in triggers and _may_go(triggers[job_id], group)]
        cursor.execute(_GO, {"ids": [row.id for group in goes for row in group]})
    return [_task(group) for group in goes]


def _may_go(trigger: Any, group: Sequence[Any]) -> bool:
    return satisfied(trigger, frozenset(row.input for row in group)) or any(row.is_late for row in group)


def _task(group: Sequence[Any]) -> Wish:
    first: Any = group[0]
    # The event that came last is in no other group: it names the task.
    return Wish(
        first.consumer_id, f"met:{group[-1].event_id}", Cause.EVENT, root_id=first.root_id, partition_key=first.correlation,
        start=first.range_start, end=first.range_end, inputs=tuple((row.input, row.event_id) for row in group),
    )  # fmt: skip
