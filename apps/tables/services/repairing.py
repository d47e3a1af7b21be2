"""What somebody does about a dead letter: tries it again as it is, or hands its rows over anew, put right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.outbox import services as outbox
from apps.platform.errors import Conflict, Invalid, NotFound
from apps.platform.layout import repair_key
from apps.tables.domain import LINES, MOST_BYTES, PUBLISH, BatchState
from apps.tables.models import Batch, HotTable

Keep = Callable[[str, bytes], str]


@transaction.atomic
def replay(batch_id: UUID, dataset_id: UUID, *, by: Actor, now: datetime) -> Batch:
    """The same rows, held to the schema of today: what was wrong may have been the schema."""
    batch = _dead(batch_id, dataset_id)
    batch.state, batch.shape, batch.claims = BatchState.WAITING, _shape(batch), 0
    batch.faults, batch.fault_count, batch.error, batch.ended_at = [], 0, "", None
    try:
        with transaction.atomic():
            batch.save(update_fields=["state", "shape", "claims", "faults", "fault_count", "error", "ended_at"])
    except IntegrityError:
        raise Conflict(
            "A later attempt of its task handed the same rows over: they are written, or on their way.", code="handed_over_since"
        ) from None
    _tell(batch, "batch.replay", by=by)
    return batch


def repair(batch_id: UUID, dataset_id: UUID, body: bytes, *, keep: Keep, by: Actor, now: datetime) -> Batch:
    """`body`: its rows put right, as JSON Lines; they go in its place. `keep` stores them and returns where."""
    if not body.strip():
        raise Invalid("There are no rows in it. To leave the batch out, leave it as it is.", code="batch_empty")
    if len(body) > MOST_BYTES:
        raise Invalid(f"A batch has at most {MOST_BYTES:,} bytes, and this one {len(body):,}.", code="batch_too_large")
    org_id = _dead(batch_id, dataset_id, locks=False).org_id
    # Before the transaction: what nobody comes to name is swept with all that is scratch.
    uri = keep(repair_key(org_id, batch_id, uuid4()), body)
    return _put_in_its_place(batch_id, dataset_id, uri, len(body), by=by, now=now)


@transaction.atomic
def _put_in_its_place(batch_id: UUID, dataset_id: UUID, uri: str, size: int, *, by: Actor, now: datetime) -> Batch:
    dead = _dead(batch_id, dataset_id)
    dead.state, dead.ended_at = BatchState.REPLACED, now
    dead.save(update_fields=["state", "ended_at"])
    made = Batch.objects.create(
        org_id=dead.org_id, dataset_id=dead.dataset_id, task_id=dead.task_id, attempt=dead.attempt, job_id=dead.job_id,
        output=dead.output, uri=uri, content_type=LINES, size_bytes=size, scope=dead.scope, shape=_shape(dead),
        state=BatchState.WAITING, source=dead,
    )  # fmt: skip
    _tell(made, "batch.repair", by=by)
    return made


def _dead(batch_id: UUID, dataset_id: UUID, *, locks: bool = True) -> Batch:
    batches = Batch.objects.select_for_update(of=("self",)) if locks else Batch.objects.all()
    batch = batches.select_related("dataset").filter(pk=batch_id, dataset=dataset_id).first()
    if batch is None:
        raise NotFound("There is no such batch of this dataset.", code="unknown_batch")
    if batch.state != BatchState.DEAD:
        raise Conflict(f"This batch is {batch.state}: there is nothing to do about it.", code="not_a_dead_letter")
    return batch


def _shape(batch: Batch) -> object:
    return HotTable.objects.values_list("wanted", flat=True).get(pk=batch.dataset_id)


def _tell(batch: Batch, action: str, *, by: Actor) -> None:
    outbox.put(PUBLISH, {"batch_id": str(batch.pk), "dataset_id": str(batch.dataset_id)}, org_id=batch.org_id)
    subject = Subject("dataset", str(batch.dataset_id), batch.dataset.name)
    source = str(batch.source_id) if batch.source_id else None
    audit.record(action, subject, by=by, org_id=batch.org_id, after={"batch": str(batch.pk), "of": source})
