"""Batches of buffered datasets, where they meet tasks: who may hand one over, and who hears that one is in its table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.datasets.domain import dataset_id, version_id
from apps.dispatch.domain import EventKind
from apps.dispatch.models import LiveJob
from apps.dispatch.services.fences import Canceled, StaleFence
from apps.dispatch.services.reporting import Report, speaker_of, write_events
from apps.orm.rows import rows
from apps.platform.contracts import ReportedEvent
from apps.platform.contracts.buffers import BufferPublish, BufferPublished
from apps.tables import services as tables
from apps.tables.domain import Handed, Producer
from apps.tables.models import Batch

_LOCK = """
SELECT t.id, t.org_id, t.job_id, t.root_id, t.generation, t.status, t.attempt, t.lease_token, t.cancel_requested_at, t.cause, t.is_alone
FROM dispatch_task AS t WHERE t.id = ANY(%(ids)s::uuid[]) ORDER BY t.id FOR NO KEY UPDATE
"""


@transaction.atomic
def hand_over_batch(said: BufferPublish, *, bucket: str) -> BufferPublished:
    task = _locked([said.task_id]).get(said.task_id)
    if task is None or task.status != "running" or (said.attempt, said.lease_token) != (task.attempt, task.lease_token):
        raise StaleFence
    if task.cancel_requested_at is not None:
        raise Canceled
    job = LiveJob.objects.select_related("dag").get(pk=task.job_id)
    producer = Producer(task.org_id, task.id, task.attempt, task.job_id, said.output)
    handed = Handed(said.batch_uri, said.content_type, said.batch_size_bytes, said.dedupe_scope)
    batch_id, duplicate = tables.hand_over(producer, handed, dag=job.dag.name, job=job.name, bucket=bucket)
    return BufferPublished(batch_id=batch_id, duplicate=duplicate)


@transaction.atomic
def tell_written(batch_ids: Sequence[UUID]) -> None:
    """Of each a signal of its output, once: what it carries names the batch."""
    batches = list(Batch.objects.filter(pk__in=batch_ids).order_by("pk"))
    tasks = _locked([batch.task_id for batch in batches])
    # Of a task that is forgotten by now nobody hears anything more.
    write_events([_report(batch, tasks[batch.task_id]) for batch in batches if batch.task_id in tasks])


def _report(batch: Batch, task: Any) -> Report:
    data = {"batch": str(batch.pk), "rows": batch.rows}
    event = ReportedEvent(
        dataset_uuid=dataset_id(task.job_id, batch.output), data=data,
        dataset_version=version_id(task.job_id, batch.output, task.generation),
    )  # fmt: skip
    identity = f"{batch.output}:{EventKind.SIGNAL}:batch:{batch.pk}"
    return Report(
        speaker_of(task, batch.attempt, None), batch.output, EventKind.SIGNAL, identity, "", event, json.dumps(data)
    )  # fmt: skip


def _locked(task_ids: Sequence[UUID]) -> dict[UUID, Any]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"ids": list(task_ids)})
        return {row.id: row for row in rows(cursor)}
