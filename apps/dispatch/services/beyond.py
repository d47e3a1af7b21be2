"""Who reads a DAG from elsewhere: once it makes something else, all that they made of it does not hold any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from apps.dags.models import Dag
from apps.dispatch.domain import EVERYTHING
from apps.dispatch.models import LiveJob
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


@dataclass(frozen=True)
class Before:
    """What its jobs made, and who read what of it, before an activation."""

    generations: dict[UUID, UUID]
    reads: frozenset[Read]


def read_beyond(dag: Dag) -> Before:
    return Before(dict(LiveJob.objects.filter(dag=dag, build=None).values_list("pk", "generation")), _reads(dag))


def tell_beyond(dag: Dag, before: Before) -> None:
    """Of what they read now, and is made by another job or another way than what they read before. Who reads it for the first
    time has made nothing of it.
    """
    inputs = {(read.consumer_id, read.input) for read in before.reads}
    other = {
        (read.job_id, read.output, read.generation)
        for read in _reads(dag) - before.reads
        if (read.consumer_id, read.input) in inputs or before.generations.get(read.job_id, read.generation) != read.generation
    }
    write_invalidations([
        Invalid(dag.org_id, job_id, output, generation, EVERYTHING, Reason.SCHEMA_CHANGE, only_beyond=True)
        for job_id, output, generation in sorted(other)
    ])  # fmt: skip


def _reads(dag: Dag) -> frozenset[Read]:
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"dag_id": dag.pk})
        return frozenset(Read(*row) for row in cursor.fetchall())
