"""Tables that tasks read: for whoever holds the lease, of operators that are trusted, and only those that the config of the job names."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings

from apps.audit.domain import Actor
from apps.dags.models import Edge, Job
from apps.datasets.domain import version_id
from apps.datasets.models import Dataset, Partition
from apps.datasets.selectors import datasets_called, names_behind
from apps.dispatch.models import Pin, Task
from apps.dispatch.services.facts import facts
from apps.dispatch.services.fences import held
from apps.dispatch.services.moving import holds
from apps.orgs.models import Org
from apps.pii import policy as pii
from apps.pii import services as personal
from apps.pii.domain import Job as JobAsker
from apps.platform.contracts.parts import Fenced
from apps.platform.contracts.tables import ReadTable, TableToRead
from apps.platform.errors import Forbidden, Invalid
from apps.tables import services as tables
from operators.sdk.catalogue import catalogue


def read_table(asked: ReadTable, *, now: datetime) -> TableToRead:
    """Raises StaleFence and Canceled, Forbidden, Invalid, Transient. *data* is asked after the fence, and outside of any transaction."""
    org_id, _, version_job_id = held(asked)
    known = facts(version_job_id)
    if not known["is_trusted"]:
        raise Forbidden("Code of users reads by way of the query service, and opens no table itself.", code="untrusted")
    _require_named(asked.dataset, version_job_id)
    org = Org.objects.get(pk=org_id)
    dataset = _found(org, asked.dataset)
    opened = tables.open_to_read(dataset, dsn=settings.CONFIG.data_dsn)
    asker = JobAsker(known["order"]["dag"], known["order"]["job"])
    _require_sight(dataset, [column.name for column in opened.columns], asker, now=now)
    return opened.model_copy(
        update={"pin": _pin(asked, dataset, version_job_id), "is_settled": _is_settled(asked, dataset, version_job_id)}
    )


def _require_named(name: str, version_job_id: UUID) -> None:
    job = Job.objects.get(pk=version_job_id)
    declared = catalogue().operators[job.operator]
    config = declared.config.model_validate(job.spec.get("config") or {})
    named = {*config.named_datasets.values(), *job.edges.exclude(dataset="").values_list("dataset", flat=True)}
    if name not in named:
        raise Forbidden(
            f"The config of `{job.name}` does not name the dataset `{name}`: a task reads the tables that its config names.",
            code="dataset_not_named",
        )


def _found(org: Org, name: str) -> Dataset:
    dataset = datasets_called(org, [name]).get(name)
    if dataset is None:
        raise Invalid(f"There is no dataset `{name}` any more: publish it, or name another one.", code="unknown_dataset")
    if dataset.org_id != org.pk:
        # Its reader sees every table of that org.
        raise Forbidden(
            f"`{name}` is another org's: its rows are read by a query, and its table by tasks of that org alone.",
            code="foreign_table",
        )
    return dataset


def _require_sight(dataset: Dataset, columns: list[str], asker: JobAsker, *, now: datetime) -> None:
    """Of the whole table: what lies in a file afterwards shows all of its columns."""
    sight = pii.sight_of(dataset.org, names_behind(dataset), columns, who=asker, now=now)
    if closed := sight.closed:
        raise Forbidden(
            f"`{dataset.name}` has columns with personal data ({', '.join(closed)}), and no living grant opens them to the job"
            f" {asker.dag}.{asker.name}: ask for one at Admin → Personal data, or leave those columns out of the table.",
            code="pii_input",
        )
    for name, grants in sight.grants.items():
        personal.tell_seen(dataset.org, name, grants, by=Actor.system(f"job {asker.dag}.{asker.name}"))


def _is_settled(asked: Fenced, dataset: Dataset, version_job_id: UUID) -> bool:
    """Of a job that takes rows from the table: a task beside this one has done all that this one could."""
    known = facts(version_job_id)
    if known["takes_from"] != dataset.name:
        return False
    task = Task.objects.get(pk=asked.task_id)
    made = Partition.objects.filter(
        version=version_id(known["identity"], 0, task.generation), key=task.partition_key, superseded_at=None, purge=None
    )
    piece = made.select_related("version__output").first()
    return piece is not None and holds(piece, dataset)


def _pin(asked: Fenced, dataset: Dataset, version_job_id: UUID) -> UUID | None:
    """So that what is read of it is kept with what is made of it. None for what no job of a DAG writes."""
    version_id = dataset.output.current_id if dataset.output else None
    edge = Edge.objects.filter(job=version_job_id, dataset=dataset.name).order_by("number").first()
    if version_id is None or edge is None:
        return None
    about = {"task_id": asked.task_id, "attempt": asked.attempt, "input": edge.number, "version_id": version_id}
    found: UUID | None = Pin.objects.of(asked.task_id).filter(**about, partition_id=None).values_list("pk", flat=True).first()
    if found is not None:
        return found
    made: UUID = Pin.objects.create(**about, key="", number=0, rows=0, size_bytes=0).pk
    return made
