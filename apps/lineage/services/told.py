"""What the dispatcher knows of events, while it knows it: with their tasks, their attempts and their jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from apps.dags.models import Job
from apps.datasets.domain import dataset_id, live_job_id, version_id
from apps.datasets.models import Partition, Version
from apps.orm.rows import rows

# Attempts come after their task: those of months before it are not looked at.
_EVENTS = """
SELECT e.id, e.org_id, e.task_id, e.root_id, e.attempt, e.output, e.generation, e.kind, e.cursor, e.partition_key, e.range_start,
    e.range_end, e.materialisation, e.identity, e.data, e.created_at, t.cause, t.version_job_id, r.cause AS root_cause, r.made_by_id,
    a.claimed_at, a.ended_at, a.metrics
FROM dispatch_event AS e
JOIN dispatch_task AS t ON t.id = e.task_id
LEFT JOIN dispatch_task AS r ON r.id = e.root_id
LEFT JOIN dispatch_attempt AS a ON a.task_id = e.task_id AND a.number = e.attempt AND a.id >= e.task_id
WHERE e.id = ANY(%(ids)s::uuid[]) ORDER BY e.id
"""


@dataclass(frozen=True)
class Told:
    """An event of data that is kept. `piece`: the partition that was committed with it."""

    event: Any
    job: Job
    version: Version
    piece: Partition | None


def told_by(event_ids: Sequence[UUID]) -> list[Told]:
    """What is forgotten by now is left out."""
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, {"ids": list(event_ids)})
        events = rows(cursor)
    jobs = _jobs([event.version_job_id for event in events])
    known = [(event, jobs[event.version_job_id]) for event in events if event.version_job_id in jobs]
    ids = {event.id: _version_of(event, job) for event, job in known}
    versions = {one.pk: one for one in Version.objects.filter(pk__in=ids.values()).select_related("output")}
    pieces = _pieces([event.task_id for event in events])
    return [
        Told(event, job, version, pieces.get((version.pk, event.task_id, event.attempt, event.partition_key)))
        for event, job in known if (version := versions.get(ids[event.id]))
    ]  # fmt: skip


def _jobs(job_ids: Sequence[UUID]) -> dict[UUID, Job]:
    found = Job.objects.filter(pk__in=set(job_ids)).select_related("version__dag").defer("version__yaml", "spec", "definition")
    return {job.pk: job for job in found}


def _version_of(event: Any, job: Job) -> UUID:
    return version_id(identity_of(job), event.output, event.generation)


def identity_of(job: Job) -> UUID:
    return live_job_id(job.version.dag_id, job.name)


def output_of(job: Job, output: int) -> UUID:
    return dataset_id(identity_of(job), output)


def _pieces(task_ids: Sequence[UUID]) -> dict[tuple[UUID, UUID, int, str], Partition]:
    # Uses index partition_task.
    found = Partition.objects.filter(task_id__in=set(task_ids))
    return {(one.version_id, one.task_id, one.attempt, one.key): one for one in found}
