"""Who reads a DAG from elsewhere: once it makes something else, all that they made of it does not hold any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from apps.dags.models import Dag
from apps.datasets.models import Producer
from apps.dispatch.domain import EVERYTHING
from apps.dispatch.models import Invalidation, LiveJob
from apps.dispatch.services.invalidating import Invalid, write_invalidations
from operators.sdk.words import Reason


class Read(NamedTuple):
    consumer_id: UUID
    input: int
    job_id: UUID
    output: int
    generation: UUID


_READ = """
SELECT r.consumer_id, r.input, p.id, r.output, p.generation
FROM dispatch_livejob AS p
JOIN dispatch_route AS r ON r.producer_id = p.id
JOIN dispatch_livejob AS c ON c.id = r.consumer_id AND c.dag_id <> p.dag_id
WHERE p.dag_id = %(dag_id)s AND p.build_id IS NULL
"""
# The DAG that a name is from no longer may not have been armed since: what waits for its readers must not read it any more.
_LEAVE = """
DELETE FROM dispatch_route AS r USING datasets_producer AS p, datasets_dataset AS d, dags_edge AS e, dispatch_livejob AS c, dispatch_livejob AS other
WHERE p.dag = %(dag)s AND p.took_over AND p.exclusive AND d.id = p.dataset_id AND d.org_id = %(org_id)s
    AND e.dataset = d.name AND e.source_id IS NULL AND c.job_id = e.job_id AND c.org_id = d.org_id
    AND r.consumer_id = c.id AND r.input = e.number AND other.id = r.producer_id AND other.dag_id <> %(dag_id)s
"""


@dataclass(frozen=True)
class Before:
    """What its jobs made, and who read what of it, before an activation."""

    generations: dict[UUID, UUID]
    reads: frozenset[Read]


def read_beyond(dag: Dag) -> Before:
    return Before(dict(LiveJob.objects.filter(dag=dag, build=None).values_list("pk", "generation")), _reads(dag))


def leave_former(dag: Dag) -> None:
    """Who reads a name that this DAG has taken over listens to it alone. Once its own routes are made."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE, {"dag": dag.name, "dag_id": dag.pk, "org_id": dag.org_id})


def tell_beyond(dag: Dag, before: Before) -> None:
    """Of what they read now, and is made by another job or another way than what they read before. Who reads it for the first
    time has made nothing of it.
    """
    inputs = {(read.consumer_id, read.input) for read in before.reads}
    other = {
        (read.job_id, read.output, read.generation): ""
        for read in _reads(dag) - before.reads
        if (read.consumer_id, read.input) in inputs or before.generations.get(read.job_id, read.generation) != read.generation
    } | _taken_over(dag)
    write_invalidations([
        Invalid(
            dag.org_id, job_id, output, generation, EVERYTHING, Reason.SCHEMA_CHANGE, identity=identity, only_beyond=True
        )
        for (job_id, output, generation), identity in sorted(other.items())
    ])  # fmt: skip


def _taken_over(dag: Dag) -> dict[tuple[UUID, int, UUID], str]:
    """Names that another DAG published before, of which it was not told yet. Also where nobody reads them at the moment: who comes
    back has made something of that one's.
    """
    taken = Producer.objects.filter(dag=dag.name, dataset__org=dag.org_id, took_over=True)
    found = [(f"taken:{producer.pk}", *output) for producer in taken for output in producer.outputs]
    if not found:
        return {}
    live = {job.name: job for job in LiveJob.objects.filter(dag=dag, build=None, job__isnull=False)}
    return {
        (job.pk, number, job.generation): identity
        for identity, name, number in found
        if (job := live.get(name)) and not Invalidation.objects.of_output(job.pk, number).filter(identity=identity).exists()
    }


def _reads(dag: Dag) -> frozenset[Read]:
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"dag_id": dag.pk})
        return frozenset(Read(*row) for row in cursor.fetchall())
