"""What is said of one attempt: read when it is sent, from what the dispatcher knows of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from apps.dags.models import Job
from apps.datasets.models import Dataset
from apps.dispatch.models import Attempt, Event, Task
from apps.lineage.models import ColumnEdge, MadeFrom, RunEvent
from apps.lineage.openlineage.bodies import EVENT_SCHEMA, Body, Facets, column_lineage, statistics
from apps.lineage.services.reading import inputs_of
from apps.lineage.services.told import Told, output_of, told_by
from apps.orgs.models import Org
from apps.platform.config import Config
from operators.sdk.declaration import EVERY
from operators.sdk.words import Activation, Derivation, SourceKind


@dataclass(frozen=True)
class _Run:
    event: RunEvent
    task: Task
    attempt: Attempt | None
    job: Job
    namespace: str
    facets: Facets


def run_id(task_id: UUID, attempt: int) -> str:
    """A run ends once, and a task may have several attempts."""
    return str(uuid5(task_id, f"attempt/{attempt}"))


def compose(event: RunEvent, config: Config) -> Body | None:
    """None where the task is forgotten by now, or its org is gone."""
    task = Task.objects.filter(pk=event.task_id).first()
    job = Job.objects.select_related("version__dag").filter(pk=task.version_job_id).first() if task else None
    slug = Org.objects.filter(pk=event.org_id).values_list("slug", flat=True).first()
    if task is None or job is None or slug is None:
        return None
    attempt = Attempt.objects.of(task.pk).filter(number=event.attempt).first()
    run = _Run(event, task, attempt, job, f"trace:{slug}", Facets(config.public_url))
    return {
        "eventType": event.kind, "eventTime": event.happened_at.isoformat(), "producer": config.public_url, "schemaURL": EVENT_SCHEMA,
        "run": {"runId": run_id(task.pk, event.attempt), "facets": _of_run(run)},
        "job": {"namespace": run.namespace, "name": _job_name(job), "facets": _of_job(run)},
        "inputs": list(_inputs(run)), "outputs": list(_outputs(run)) if event.kind == "COMPLETE" else [],
    }  # fmt: skip


def _job_name(job: Job) -> str:
    return f"{job.version.dag.name}.{job.name}"


def _of_run(run: _Run) -> Body:
    """The parent is the run of the DAG, which is known by the first task of all that led to this one."""
    parent = {
        "run": {"runId": str(uuid5(run.task.root_id, "run"))},
        "job": {"namespace": run.namespace, "name": run.job.version.dag.name},
    }
    error = run.attempt.error if run.attempt and run.event.kind == "FAIL" else None
    message = (
        {"message": error.get("message") or error.get("type") or "failed", "programmingLanguage": "python"} if error else None
    )
    if message and error and error.get("stack"):
        message["stackTrace"] = error["stack"]
    engine = {"name": "trace", "version": run.job.operator_version}
    return run.facets.of(parent=parent, processing_engine=engine, errorMessage=message)


def _of_job(run: _Run) -> Body:
    source = (run.job.spec.get("source") or {}).get("kind")
    endless = run.job.activation == Activation.SOURCE and source == SourceKind.ALWAYS_ON
    kind = {"processingType": "STREAMING" if endless else "BATCH", "integration": "TRACE", "jobType": run.job.operator.upper()}
    return run.facets.of(jobType=kind)


def _inputs(run: _Run) -> Iterator[Body]:
    """Of each version once, with what was read of it in all."""
    read: dict[UUID, list[MadeFrom]] = {}
    for one in inputs_of({(run.task.pk, run.event.attempt)})[run.task.pk, run.event.attempt]:
        read.setdefault(one.version_id, []).append(one)
    names = _names({pieces[0].output_id for pieces in read.values()})
    for version_id, pieces in read.items():
        first = pieces[0]
        stated = statistics(_sum([one.rows for one in pieces]), _sum([one.size_bytes for one in pieces]))
        yield {
            "namespace": run.namespace, "name": names.get(first.output_id) or f"{first.dag}.{first.job}.{first.output}",
            "facets": run.facets.of(version={"datasetVersion": str(version_id)}), "inputFacets": run.facets.of(inputStatistics=stated),
        }  # fmt: skip


def _outputs(run: _Run) -> Iterator[Body]:
    events = Event.objects.of(run.task.pk).filter(attempt=run.event.attempt).values_list("pk", flat=True)
    made: dict[UUID, list[Told]] = {}
    for told in told_by(list(events)):
        made.setdefault(told.version.pk, []).append(told)
    names = _names({some[0].version.output_id for some in made.values()})
    for version_id, some in made.items():
        number = some[0].event.output
        pieces = [one.piece for one in some if one.piece]
        rows, size = _sum([one.rows for one in pieces]), _sum([one.size_bytes for one in pieces])
        fields = [
            {"name": column["name"], "type": column["type"]} for column in some[0].version.schema or some[0].version.columns
        ]
        facets = run.facets.of(
            version={"datasetVersion": str(version_id)}, schema={"fields": fields} if fields else None,
            columnLineage=column_lineage(list(_columns(run, number, [field["name"] for field in fields]))),
            dataQualityMetrics=None if rows is None else {"rowCount": rows, "bytes": size, "columnMetrics": {}},
        )  # fmt: skip
        yield {
            "namespace": run.namespace, "name": names.get(output_of(run.job, number)) or f"{_job_name(run.job)}.{number}", "facets": facets,
            "outputFacets": run.facets.of(outputStatistics=statistics(rows, size, sum(len(one.files) for one in pieces) if pieces else None)),
        }  # fmt: skip


def _columns(run: _Run, output: int, known: Sequence[str]) -> Iterator[tuple[str, str, str, str, Derivation]]:
    edges = ColumnEdge.objects.filter(of__version=run.job.version, of__job=run.job.name, of__output=output).order_by("pk")
    for edge in edges:
        source = edge.source_dataset or f"{run.job.version.dag.name}.{edge.source_job}.{edge.source_output}"
        for column in known if edge.column == EVERY else [edge.column]:
            name = column if edge.column == EVERY and edge.source_column == EVERY else edge.source_column
            yield column, run.namespace, source, name, Derivation(edge.derivation)


def _names(output_ids: set[UUID]) -> dict[UUID, str]:
    return dict(Dataset.objects.filter(output__in=output_ids).order_by("-name").values_list("output_id", "name"))


def _sum(values: Sequence[Any]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
