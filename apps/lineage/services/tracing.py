"""Traces the columns of every output of a version of a DAG, and keeps what it finds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import connection, transaction

from apps.dags.models import DagVersion, Job
from apps.datasets.selectors import columns_of
from apps.lineage.columns.apart import Parser
from apps.lineage.columns.declared import Reading, trace_output
from apps.lineage.domain import LONGEST_SQL, Columns, Source
from apps.lineage.models import ColumnEdge, OutputColumns
from operators.sdk.catalogue import catalogue


def trace_columns(version_id: UUID) -> None:
    """Idempotent: what was found before is replaced, by what the datasets that it reads are like today."""
    version = DagVersion.objects.select_related("dag__org").filter(pk=version_id).first()
    if version is None:
        return
    jobs = list(version.jobs.prefetch_related("edges__source"))
    parser = Parser(columns_of(version.dag.org, _named_by(jobs)))
    found = [one for job in jobs for one in _traced(job, version, parser)]
    with transaction.atomic():
        _keep(version, found)


def _named_by(jobs: Sequence[Job]) -> set[str]:
    """What its jobs read by name. A query may name a dataset that is none of its inputs: any word of it may be one."""
    texts = [str((job.spec.get("config") or {}).get("sql", ""))[:LONGEST_SQL] for job in jobs]
    words = {word for text in texts for word in re.findall(r"[a-z][a-z0-9_]{0,127}", text.lower())}
    return words | {edge.dataset for job in jobs for edge in job.edges.all() if edge.dataset}


def _traced(job: Job, version: DagVersion, parser: Parser) -> Iterator[Columns]:
    declared = catalogue().operators.get(job.operator)
    edges = [
        (edge.number, Source("", edge.dataset, "" if edge.dataset or not edge.source else edge.source.name, edge.output))
        for edge in job.edges.all()
    ]
    for number in range(job.outputs):
        output = declared.output(number) if declared else None
        if output is None or output.storage or _is_published(version, job.name, number):
            yield trace_output(job.name, number, declared, job.spec, Reading(edges), parser)


def _is_published(version: DagVersion, job: str, output: int) -> bool:
    sources = [spec["from"] for spec in version.publish.values() if spec.get("from")]
    return any(one.get("job") == job and (one.get("output") or 0) == output for one in sources)


def _keep(version: DagVersion, found: Sequence[Columns]) -> None:
    with connection.cursor() as cursor:
        # Two that trace the same version would each add to what the other has just removed.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('columns' || %s::text, 0))", [str(version.pk)])
    OutputColumns.objects.filter(version=version).delete()
    rows = [OutputColumns(version=version, job=one.job, output=one.output, reason=one.reason[:500]) for one in found]
    OutputColumns.objects.bulk_create(rows)
    ColumnEdge.objects.bulk_create(
        ColumnEdge(
            of=row, column=edge.column[:255], source_dataset=edge.source.dataset, source_job=edge.source.job,
            source_output=edge.source.output, source_column=edge.source.column[:255], derivation=edge.derivation,
        )
        for row, one in zip(rows, found, strict=True) for edge in dict.fromkeys(one.edges)
    )  # fmt: skip
