"""A purge goes on, bite by bite: never what an attempt that runs still reads, and never before all who might begin to have begun."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from apps.datasets import services as datasets
from apps.datasets.models import Output, Purge, Version
from apps.datasets.services import Going
from apps.datasets.stores import data_store
from apps.outbox import services as outbox
from apps.platform.errors import TraceError, Transient
from apps.platform.text import printable

PURGE = "purge_datasets"
# Of one message: others wait behind it.
_AT_ONCE = 50
# Uses indexes task_running and pin_task.
_HELD = """
SELECT DISTINCT pin.partition_id FROM dispatch_task AS t
JOIN dispatch_pin AS pin ON pin.task_id = t.id AND pin.attempt = t.attempt AND pin.partition_id IS NOT NULL
JOIN datasets_version AS v ON v.id = pin.version_id AND v.output_id = %(output_id)s
WHERE t.status = 'running'
"""
# Whoever was in a transaction when the purge began may have chosen to read what goes, and not have said so yet.
_ALL_CAN_BE_SEEN = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > %(begun_in)s"


def look_at_purge(output: Output, version: Version | None, *, before: datetime | None) -> Going:
    return datasets.going(output, version, before=before, held=_held(output.pk))


def put_purge(purge: Purge) -> None:
    outbox.put(PURGE, {"purge_id": str(purge.pk)}, org_id=purge.output.org_id)


def go_on_purging(purge_id: UUID) -> None:
    """One bite, and the next message. Raises Transient where somebody must be waited for."""
    purge = Purge.objects.select_related("output").filter(pk=purge_id, done_at=None).first()
    if purge is None:
        return
    try:
        _bite(purge)
    except Exception as error:
        # The outbox tries again, or gives up; who looks at the purge sees why.
        datasets.note_problem(purge_id, _words(error), now=timezone.now())
        raise
    if purge.problem:
        datasets.note_problem(purge_id, "", now=timezone.now())


def _words(error: Exception) -> str:
    """What is not of our making may name servers, which is for platform staff."""
    return printable(str(error))[:500] if isinstance(error, TraceError) else f"It failed unexpectedly ({type(error).__name__})."


def _bite(purge: Purge) -> None:
    _wait_for_those_who_chose(purge)
    some = datasets.marked(purge, most=_AT_ONCE)
    if not some:
        _mark(purge)
        some = datasets.marked(purge, most=_AT_ONCE)
    objects = 0
    for _, prefix in some:
        keys = [found.key for found in data_store().list(prefix)]
        data_store().delete(keys)
        objects += len(keys)
    _settle(purge, [partition_id for partition_id, _ in some], objects)


def _wait_for_those_who_chose(purge: Purge) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ALL_CAN_BE_SEEN, {"begun_in": purge.begun_in})
        if cursor.fetchone() != (True,):
            raise Transient("Somebody who was at work when this purge began has not ended yet.")


def _held(output_id: UUID) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"output_id": output_id})
        return [partition_id for (partition_id,) in cursor.fetchall()]


def _mark(purge: Purge) -> None:
    with transaction.atomic():
        datasets.mark_some(purge, held=_held(purge.output_id), most=_AT_ONCE)


def _settle(purge: Purge, ids: list[UUID], objects: int) -> None:
    with transaction.atomic():
        if ids:
            datasets.forget(purge, ids, objects=objects)
            put_purge(purge)
            return
        left = look_at_purge(purge.output, purge.version, before=purge.before)
        if not left.partitions:
            datasets.end_purge(purge, now=timezone.now())
            return
        datasets.hold_back(purge, held=left.partitions)
    raise Transient(f"{left.partitions} partitions are still read by attempts that run.")
