from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from apps.dags.models import Dag
from apps.datasets.models import Producer
from apps.dispatch.domain import EVERYTHING, Status
from apps.dispatch.models import HandedHour, LiveJob, Probe, Route, Task, Worker
from apps.orgs.models import Org


@dataclass(frozen=True)
class RoundTrip:
    """The newest probe that came back, and whether one is overdue."""

    received_at: datetime | None
    milliseconds: float | None
    worker_id: str
    is_late: bool


def round_trip(*, now: datetime, interval: timedelta) -> RoundTrip:
    # Uses index probe_received.
    newest = Probe.objects.filter(received_at__isnull=False).order_by("-received_at").first()
    if newest is None or newest.received_at is None:
        return RoundTrip(None, None, "", is_late=Probe.objects.filter(sent_at__lt=now - interval).exists())
    took = (newest.received_at - newest.sent_at).total_seconds() * 1000
    # Two intervals and a half: one probe may just be under way, one may have met a restart.
    return RoundTrip(newest.received_at, took, newest.worker_id, is_late=now - newest.received_at > interval * 2.5)


def tasks_under_way(org: Org) -> int:
    # Uses index task_under_way.
    live = Q(status=Status.RUNNING) | Q(status=Status.QUEUED, handed_at__isnull=False)
    return Task.objects.of(org).filter(live).count()


def handed_this_hour(org: Org) -> int:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    return HandedHour.objects.filter(org_id=org.pk, hour=hour).values_list("handed", flat=True).first() or 0


def workers() -> list[Worker]:
    return list(Worker.objects.order_by("-last_seen_at")[:100])


@dataclass(frozen=True)
class Partition:
    key: str
    start: int | None
    end: int | None


# What a job has begun to make, as its tasks say; and what it has committed, where months of tasks were dropped since. A key that
# is a range, or a number, lies where it says; any other is met by its name alone. Uses indexes task_job and partition_range.
_MET = """
WITH asked AS MATERIALIZED (
    SELECT a.*, first = 0 AND last = %(last)s AS is_all
    FROM unnest(%(job_ids)s::uuid[], %(generations)s::uuid[], %(keys)s::text[], %(starts)s::bigint[], %(ends)s::bigint[])
        WITH ORDINALITY AS a(job_id, generation, key, first, last, place)
), begun AS MATERIALIZED (
    SELECT DISTINCT a.place, t.partition_key AS key, t.range_start, t.range_end
    FROM asked AS a
    JOIN dispatch_task AS t ON t.job_id = a.job_id AND t.generation = a.generation AND t.partition_key <> '' AND t.attempt > 0
        AND t.status <> 'canceled'
    WHERE t.partition_key = a.key OR a.is_all OR CASE
        WHEN t.range_start IS NOT NULL THEN t.range_start <= a.last AND t.range_end >= a.first
        WHEN t.partition_key ~ '^[0-9]{1,19}(-[0-9]{1,19})?$' THEN split_part(t.partition_key, '-', 1)::numeric <= a.last
            AND coalesce(nullif(split_part(t.partition_key, '-', 2), ''), t.partition_key)::numeric >= a.first
        ELSE false
    END
), committed AS (
    SELECT DISTINCT a.place, d.key, d.range_start, d.range_end
    FROM asked AS a
    JOIN dispatch_livejob AS j ON j.id = a.job_id
    JOIN datasets_output AS o ON o.dag_id = j.dag_id AND o.job = j.name
    JOIN datasets_version AS v ON v.output_id = o.id AND v.generation = a.generation
    JOIN datasets_partition AS d ON d.version_id = v.id AND d.superseded_at IS NULL
        AND (d.key = a.key OR a.is_all OR d.range_start <= a.last AND d.range_end >= a.first)
    WHERE NOT EXISTS (
        SELECT FROM begun AS b
        WHERE b.place = a.place AND (b.key = d.key OR b.range_start <= d.range_start AND b.range_end >= d.range_end)
    )
)
SELECT * FROM begun UNION ALL SELECT * FROM committed
"""
# Of an invalidation that some have their tasks of already: the others.
_STILL_MET = f"""
WITH met AS ({_MET}), given AS MATERIALIZED (
    SELECT n.place, t.partition_key AS key
    FROM unnest(%(partly)s::uuid[], %(job_ids)s::uuid[], %(generations)s::uuid[]) WITH ORDINALITY AS n(id, job_id, generation, place)
    JOIN dispatch_taskinput AS i ON i.event_id = n.id
    JOIN dispatch_task AS t ON t.id = i.task_id AND t.job_id = n.job_id AND t.generation = n.generation
)
SELECT * FROM met WHERE NOT EXISTS (SELECT FROM given WHERE given.place = met.place AND given.key = met.key)
ORDER BY place, range_start, key LIMIT %(most)s
"""  # noqa: S608  made of a constant
_COUNT = f"SELECT count(*) FROM ({_MET}) AS met"  # noqa: S608  made of a constant


def partitions_met(needs: Sequence[Any], *, most: int) -> list[tuple[int, Partition]]:
    """Of each need of a consumer, by its place: the partitions of the consumer that its scope meets, but for those that have their
    task.
    """
    if not needs:
        return []
    partly = [one.id if one.is_partly_planned else None for one in needs]
    with connection.cursor() as cursor:
        cursor.execute(_STILL_MET, {**_asked(needs), "partly": partly, "most": most})
        return [(place - 1, Partition(key, start, end)) for place, key, start, end in cursor.fetchall()]


def count_met(need: Any) -> int:
    """How many partitions of a consumer a scope meets."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _asked([need]))
        return int(cursor.fetchone()[0])


def _asked(needs: Sequence[Any]) -> dict[str, Any]:
    return {
        "job_ids": [one.consumer_id for one in needs], "generations": [one.generation for one in needs],
        "keys": [one.partition_key for one in needs], "starts": [one.range_start for one in needs],
        "ends": [one.range_end for one in needs], "last": EVERYTHING.end,
    }  # fmt: skip


@dataclass(frozen=True)
class Reach:
    """When an output last changed, and how far it has come: the highest block that is there. None: nothing was said of it yet."""

    at: datetime | None
    block: int | None


# Of an output its newest events say when it last changed, exactly, and so does its version where a candidate has written it. How far
# it has come is the end of its newest piece; of what has none, how far its job is done, or what its newest events say. Nothing is
# kept for this beside what a completion writes anyway: a row of each output would be fought for by all who complete tasks of it.
# Uses indexes event_job (months of events follow each other, so the first that has enough is the last that is read), cursor_once,
# output_once and partition_range.
_REACH = """
SELECT asked.job_id, asked.output, greatest(said.at, v.committed_at), coalesce(piece.range_end, greatest(said.block, done.highest))
FROM unnest(%(jobs)s::uuid[], %(outputs)s::smallint[]) AS asked(job_id, output)
JOIN dispatch_livejob AS j ON j.id = asked.job_id
LEFT JOIN LATERAL (
    SELECT max(e.created_at) AS at, max(e.block) AS block FROM (
        SELECT created_at, coalesce(cursor, range_end) AS block FROM dispatch_event
        WHERE job_id = j.id AND output = asked.output ORDER BY id DESC LIMIT %(newest)s
    ) AS e
) AS said ON true
LEFT JOIN dispatch_cursor AS done ON done.job_id = j.id AND done.generation = j.generation
LEFT JOIN datasets_output AS o ON o.dag_id = j.dag_id AND o.job = j.name AND o.number = asked.output
LEFT JOIN datasets_version AS v ON v.id = o.current_id
LEFT JOIN LATERAL (
    SELECT range_end FROM datasets_partition
    WHERE version_id = v.id AND superseded_at IS NULL AND range_start IS NOT NULL ORDER BY range_start DESC LIMIT 1
) AS piece ON true
"""
# Ranges of one output are done side by side: the newest event need not be the highest.
_NEWEST_EVENTS = 50


def reached_by(outputs: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], Reach]:
    """`outputs` of live jobs, by job and number."""
    if not outputs:
        return {}
    jobs, numbers = zip(*outputs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_REACH, {"jobs": list(jobs), "outputs": list(numbers), "newest": _NEWEST_EVENTS})
        return {(job, output): Reach(at, None if block is None else int(block)) for job, output, at, block in cursor.fetchall()}


def outputs_behind(producers: Iterable[Producer]) -> dict[UUID, list[tuple[UUID, int]]]:
    """By dataset: the outputs of live jobs that make it; of a union those of both its halves."""
    said = list(producers)
    rows = LiveJob.objects.filter(
        dag__in=Dag.objects.filter(org__in={one.dataset.org_id for one in said}, name__in={one.dag for one in said}),
        name__in={job for one in said for job, _ in one.outputs},
    )
    jobs = {
        (org, dag, name): pk for org, dag, name, pk in rows.filter(build=None).values_list("org_id", "dag__name", "name", "pk")
    }
    found: dict[UUID, list[tuple[UUID, int]]] = {}
    for one in said:
        places = [(jobs.get((one.dataset.org_id, one.dag, job)), output) for job, output in one.outputs]
        found.setdefault(one.dataset_id, []).extend((job, output) for job, output in places if job)
    return found


def inputs_of(jobs: Collection[UUID]) -> dict[UUID, list[tuple[UUID, int]]]:
    """Of each live job the outputs that it listens to."""
    found: dict[UUID, list[tuple[UUID, int]]] = {}
    for job, producer, output in Route.objects.filter(consumer__in=jobs).values_list("consumer", "producer", "output"):
        found.setdefault(job, []).append((producer, output))
    return found
