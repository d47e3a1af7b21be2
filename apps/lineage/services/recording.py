"""A row for each scope that was made, with what was read for it: written from what the dispatcher knows, once."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.datasets.domain import Storage
from apps.dispatch.domain import EventKind
from apps.lineage.models import Made, MadeFrom
from apps.lineage.services.growing import Grown, grow
from apps.lineage.services.reading import Attempt, inputs_of
from apps.lineage.services.summing import batch_prefix, sum_batches
from apps.lineage.services.told import Told, output_of, told_by

_MOST_ROWS = 1_000


@transaction.atomic
def record(event_ids: Sequence[UUID]) -> None:
    """Idempotent: what was kept of an event before is left as it is."""
    told = [one for one in told_by(event_ids) if _is_of_data(one)]
    inputs = inputs_of({(one.event.task_id, one.event.attempt) for one in told})
    batches = [one for one in told if _is_batch(one)]
    cursors = [one for one in told if one.event.kind == EventKind.CURSOR]
    others = [one for one in told if not _is_batch(one) and one.event.kind != EventKind.CURSOR]
    _write([made_of(one) for one in others], inputs)
    sum_batches([made_of(one) for one in batches], inputs)
    grow([Grown(made, _copied(inputs[_attempt_of(made)])) for made in map(made_of, cursors)])


def _is_of_data(told: Told) -> bool:
    """Of the object store only what was committed: another event of such an output says nothing of what is there."""
    return told.piece is not None or told.version.output.storage == Storage.POSTGRES


def _is_batch(told: Told) -> bool:
    """By its name, which the dispatcher gave it: what it carries may be a task's own words."""
    return bool(told.event.identity.startswith(batch_prefix(told.event.output)))


def _attempt_of(made: Made) -> Attempt:
    return made.task_id, made.attempt


def made_of(told: Told) -> Made:
    event, job, piece = told.event, told.job, told.piece
    said: dict[str, Any] = event.data or {}
    return Made(
        org_id=event.org_id, event_id=event.id, output_id=output_of(job, event.output), version_id=told.version.pk,
        partition_id=piece.pk if piece else None, key=event.partition_key, range_start=event.range_start, range_end=event.range_end,
        number=piece.number if piece else event.materialisation, cursor_first=event.cursor, cursor=event.cursor,
        task_id=event.task_id, attempt=event.attempt, root_id=event.root_id, dag_id=job.version.dag_id, dag=job.version.dag.name,
        job=job.name, output=event.output, dag_version=job.version.number, generation=event.generation, operator=job.operator,
        operator_version=job.operator_version, cause=event.cause, root_cause=event.root_cause or "", triggered_by_id=event.made_by_id,
        started_at=event.claimed_at, made_at=event.ended_at or event.created_at, rows=piece.rows if piece else _whole(said.get("rows")),
        size_bytes=piece.size_bytes if piece else None, schema_hash=told.version.schema_hash, metrics=event.metrics,
    )  # fmt: skip


def _whole(value: object) -> int | None:
    """What an operator says of its event is its own to say: it may be anything."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def _write(made: Sequence[Made], inputs: dict[Attempt, list[MadeFrom]]) -> None:
    known = set(Made.objects.filter(event_id__in=[one.event_id for one in made]).values_list("event_id", flat=True))
    Made.objects.bulk_create(made, ignore_conflicts=True)
    written = {
        one.event_id: one for one in Made.objects.filter(event_id__in=[one.event_id for one in made if one.event_id not in known])
    }
    for one in made:
        if one.event_id in written:
            read = [of_made(written[one.event_id], each) for each in _copied(inputs[_attempt_of(one)])]
            # A hundred partitions of a thousand inputs each would be one statement of a hundred thousand rows.
            MadeFrom.objects.bulk_create(read, batch_size=_MOST_ROWS)


def of_made(made: Made, read: MadeFrom) -> MadeFrom:
    read.made = made
    return read


def _copied(inputs: Sequence[MadeFrom]) -> list[MadeFrom]:
    """An attempt that made several things has read the same for each."""
    return [copy(one) for one in inputs]
