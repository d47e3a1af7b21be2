"""Datasets of tests, published through the service that activations use."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from django.db import transaction

from apps.accounts.models import Person
from apps.audit.domain import Actor
from apps.datasets.domain import Column, Publication, Storage
from apps.datasets.models import Dataset
from apps.datasets.services import publish
from apps.orgs.models import Org
from apps.tables.models import Batch, HotTable
from tests.factories import NOON


def make_dataset(
    org: Org,
    name: str,
    *,
    dag: str = "",
    job: str = "make",
    owner: Person | None = None,
    columns: Sequence[Column] = (),
    **spec: object,
) -> Dataset:
    """Of a DAG of its own, or of `dag`, which then publishes nothing else. `spec` as a DAG writes it."""
    storage = Storage(str(spec.get("storage", Storage.S3)))
    said = Publication(name, storage, job=job, spec={"from": {"job": job, "output": 0}, **spec}, columns=columns)
    with transaction.atomic():
        publish(org, dag or f"{name}_dag", [said], owner=owner, by=Actor.system("tests"), now=NOON)
    return Dataset.objects.get(org=org, name=name)


def make_batch(dataset: Dataset, *, state: str) -> Batch:
    """With a table that is ready; in a form that no page shows."""
    shape = {"columns": [], "unique": [], "indexes": [], "replaces": True}
    HotTable.objects.get_or_create(dataset=dataset, defaults={"org": dataset.org, "state": "ready", "wanted": shape})
    return Batch.objects.create(
        org=dataset.org, dataset=dataset, task_id=uuid4(), attempt=1, job_id=uuid4(), output=0, uri="s3://trace-scratch/rows.parquet",
        content_type="application/vnd.apache.parquet", size_bytes=1, shape=shape, state=state,
    )  # fmt: skip
