"""A producer hands a batch over: recorded, and told to the sink of its dataset."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.outbox import services as outbox
from apps.outbox.services import Outgoing
from apps.platform import layout
from apps.platform.errors import Forbidden, Invalid, Permanent
from apps.platform.ports.objects import check_key
from apps.tables.domain import CONTENT_TYPES, MOST_BYTES, PUBLISH, BatchState, Handed, Producer
from apps.tables.models import Batch, HotTable

# Longer than any wake-up takes on its way; a batch that was told of twice is written once.
UNHEARD = timedelta(minutes=2)
_MOST_AT_ONCE = 500


def hand_over(producer: Producer, handed: Handed, *, dag: str, job: str, bucket: str) -> tuple[UUID, bool]:
    """Its id, and whether it was there already. Inside a transaction that holds the fence of the producer's task."""
    _check(producer, handed, bucket=bucket)
    table = _table_of(producer, dag=dag, job=job)
    if found := _handed_before(producer, handed):
        return found, True
    try:
        with transaction.atomic():
            batch = Batch.objects.create(
                org_id=producer.org_id, dataset_id=table.pk, task_id=producer.task_id, attempt=producer.attempt,
                job_id=producer.job_id, output=producer.output, uri=handed.uri, content_type=handed.content_type,
                size_bytes=handed.size_bytes, scope=handed.scope, shape=table.wanted, state=BatchState.WAITING,
            )  # fmt: skip
    except IntegrityError:
        if found := _handed_before(producer, handed):
            return found, True
        raise
    outbox.put(PUBLISH, {"batch_id": str(batch.pk), "dataset_id": str(table.pk)}, org_id=producer.org_id)
    return batch.pk, False


def _check(producer: Producer, handed: Handed, *, bucket: str) -> None:
    if handed.content_type not in CONTENT_TYPES:
        raise Invalid(f"`content_type` is one of {', '.join(CONTENT_TYPES)}.", code="unknown_content_type")
    if handed.size_bytes > MOST_BYTES:
        raise Invalid(
            f"A batch has at most {MOST_BYTES:,} bytes, and this one {handed.size_bytes:,}: hand its rows over in several.",
            code="batch_too_large",
        )
    place = f"s3://{bucket}/{layout.scratch_prefix(producer.org_id, producer.task_id, producer.attempt)}"
    try:
        check_key(handed.uri.removeprefix(f"s3://{bucket}/"))
    except Permanent as error:
        raise Invalid(f"`batch_uri`: {error}", code="bad_uri") from None
    if not handed.uri.startswith(place):
        raise Forbidden(f"An attempt hands over what lies below its own {place}.", code="foreign_batch")


def _table_of(producer: Producer, *, dag: str, job: str) -> HotTable:
    table = HotTable.objects.written_by(producer, dag=dag, job=job).filter(is_direct=False).first()
    if table is None:
        raise Invalid(
            f"Output {producer.output} of `{job}` is no buffered dataset. Publish it with `write_mode: buffered` and a schema.",
            code="not_buffered",
        )
    return table


def _handed_before(producer: Producer, handed: Handed) -> UUID | None:
    of_task = Batch.objects.filter(task_id=producer.task_id, output=producer.output)
    again = of_task.filter(attempt=producer.attempt, uri=handed.uri)
    if handed.scope:
        again |= of_task.filter(scope=handed.scope, state__in=[BatchState.WAITING, BatchState.WRITTEN], source=None)
    return again.values_list("pk", flat=True).first()


@transaction.atomic
def wake_waiting(*, now: datetime) -> int:
    """Those that nobody has and nobody told of for a while: a message that was lost, a sink that died with it."""
    # Uses index batch_waiting.
    waiting = Batch.objects.filter(state=BatchState.WAITING, received_at__lt=now - UNHEARD).exclude(held_until__gt=now)
    lost = (
        waiting.filter(dataset__table__state="ready")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("id")[:_MOST_AT_ONCE]
    )
    rows = list(lost.values_list("id", "dataset_id", "org_id"))
    # Not again before that time.
    Batch.objects.filter(pk__in=[row[0] for row in rows]).update(held_until=now + UNHEARD)
    outbox.put_many([
        Outgoing(PUBLISH, {"batch_id": str(batch_id), "dataset_id": str(dataset_id)}, org_id) for batch_id, dataset_id, org_id in rows
    ])  # fmt: skip
    return len(rows)
