"""What becomes of a batch at its sink: given out, written, refused, or told of again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.outbox import services as outbox
from apps.platform.contracts.buffers import BatchClaimed, BatchColumn, BatchEnd, BatchNotClaimed, WhyNoBatch
from apps.tables.domain import HOLD, MOST_CLAIMS, WRITTEN, BatchState, TableState
from apps.tables.models import Batch, HotTable

_OVER = {
    BatchState.WRITTEN: WhyNoBatch.WRITTEN,
    BatchState.DEAD: WhyNoBatch.DEAD,
    BatchState.REPLACED: WhyNoBatch.DEAD,
}


@transaction.atomic
def claim(batch_id: UUID, *, link: Callable[[str], str], now: datetime) -> BatchClaimed | BatchNotClaimed:
    """`link`: from a uri to an address that reads it. Two sinks may have the same batch: the ledger beside its table takes one."""
    batch = Batch.objects.select_for_update(of=("self",), no_key=True).filter(pk=batch_id).first()
    if batch is None:
        return BatchNotClaimed(batch_id=batch_id, reason=WhyNoBatch.NOT_FOUND)
    if batch.state != BatchState.WAITING:
        return BatchNotClaimed(batch_id=batch_id, reason=_OVER[BatchState(batch.state)])
    if not HotTable.objects.filter(pk=batch.dataset_id, state=TableState.READY).exists():
        return BatchNotClaimed(batch_id=batch_id, reason=WhyNoBatch.NO_TABLE)
    if batch.claims >= MOST_CLAIMS:
        _end(batch, BatchState.DEAD, now=now, fault_count=1, faults=[_given_up(batch)])
        return BatchNotClaimed(batch_id=batch_id, reason=WhyNoBatch.DEAD)
    batch.claims, batch.held_until = batch.claims + 1, now + HOLD
    batch.save(update_fields=["claims", "held_until"])
    return BatchClaimed(
        batch_id=batch.pk, order=_first_of(batch).pk, org_id=batch.org_id, dataset_id=batch.dataset_id, task_id=batch.task_id, job_id=batch.job_id,
        columns=[BatchColumn(**column) for column in batch.shape["columns"]], unique=batch.shape["unique"],
        replaces=batch.shape["replaces"], content_type=batch.content_type, size_bytes=batch.size_bytes, url=link(batch.uri),
        hold_seconds=int(HOLD.total_seconds()),
    )  # fmt: skip


def _first_of(batch: Batch) -> Batch:
    """Rows that were put right are as old as they were: what came since is newer."""
    while batch.source is not None:
        batch = batch.source
    return batch


def _given_up(batch: Batch) -> dict[str, Any]:
    why = batch.error or "no sink that had it ever said what became of it"
    return {"row": 0, "column": "", "reason": f"It was tried {batch.claims} times: {why}."[:500]}


@transaction.atomic
def mark_written(end: BatchEnd, *, now: datetime) -> str:
    """What is in the table is written, whatever was said before. That its rows are there is for the floor above to tell."""
    batch = _locked(end.batch_id)
    if batch and batch.state not in {BatchState.WRITTEN, BatchState.REPLACED}:
        _end(batch, BatchState.WRITTEN, now=now, rows=end.rows, faults=[], fault_count=0)
        outbox.put(WRITTEN, {"batch_id": str(batch.pk)}, org_id=batch.org_id)
    return batch.state if batch else ""


@transaction.atomic
def mark_rejected(end: BatchEnd, *, now: datetime) -> str:
    batch = _locked(end.batch_id)
    if batch and batch.state == BatchState.WAITING:
        faults = [fault.model_dump() for fault in end.faults]
        _end(batch, BatchState.DEAD, now=now, faults=faults, fault_count=max(end.fault_count, len(faults), 1))
    return batch.state if batch else ""


@transaction.atomic
def mark_drifted(end: BatchEnd, *, now: datetime) -> str:
    """No batch of it is given out any more; this one does not use up a try."""
    batch = _locked(end.batch_id)
    if batch and batch.state == BatchState.WAITING:
        table = HotTable.objects.filter(pk=batch.dataset_id, state=TableState.READY)
        table.update(state=TableState.DRIFTED, error=end.error, changed_at=now)
        _let_go(batch, end.error)
    return batch.state if batch else ""


@transaction.atomic
def put_back(end: BatchEnd, *, now: datetime) -> str:
    """It could not be written, and not for what is in it: the message comes again, and no try is used up."""
    batch = _locked(end.batch_id)
    if batch and batch.state == BatchState.WAITING:
        _let_go(batch, end.error)
    return batch.state if batch else ""


def _let_go(batch: Batch, error: str) -> None:
    batch.error, batch.held_until, batch.claims = error, None, max(batch.claims - 1, 0)
    batch.save(update_fields=["error", "held_until", "claims"])


def _locked(batch_id: UUID) -> Batch | None:
    return Batch.objects.select_for_update(of=("self",), no_key=True).filter(pk=batch_id).first()


def _end(batch: Batch, state: BatchState, *, now: datetime, **said: Any) -> None:
    for name, value in {"state": state, "ended_at": now, "held_until": None, **said}.items():
        setattr(batch, name, value)
    batch.save(update_fields=["state", "ended_at", "held_until", *said])
