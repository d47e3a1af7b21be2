"""A person has readers get again what was superseded."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.datasets import services as datasets
from apps.datasets.models import Output, Partition
from apps.dispatch import services as dispatch
from apps.dispatch.domain import a_partition
from apps.dispatch.models import LiveJob
from apps.dispatch.services import Invalid
from apps.platform.errors import Conflict
from apps.runs.selectors.restores import RestorePreview, affected_by_restoring, piece_to_restore
from operators.sdk.words import Reason


def restore(
    subject: Subject, output: Output, piece_id: UUID, *, by: Actor, shown: Collection[UUID] | None = None
) -> RestorePreview:
    """What was done: the partition as it is now, what it replaced, and who does their part again. `shown`: what they were told that
    it replaces.
    """
    piece = piece_to_restore(output, piece_id)
    with transaction.atomic():
        done = _restore(subject, output, piece, shown, by=by)
    piece.refresh_from_db()
    return done


def _restore(subject: Subject, output: Output, piece: Partition, shown: Collection[UUID] | None, *, by: Actor) -> RestorePreview:
    # An activation that changes what readers get waits, or has.
    lives = LiveJob.objects.select_for_update(no_key=True).filter(dag_id=output.dag_id, name=output.job, build=None)
    live = lives.first()
    if not Output.objects.filter(pk=output.pk, current=piece.version_id).exists():
        raise Conflict("Another version took over meanwhile. Look at the dataset again.", code="moved_meanwhile")
    before = piece.number
    replaced = datasets.restore_piece(piece, shown=shown)
    if live is not None and live.generation == piece.version.generation:
        dispatch.write_invalidations([
            Invalid(live.org_id, live.pk, output.number, live.generation, a_partition(piece.key), Reason.CORRECTION, said_by=by.person_id)
        ])  # fmt: skip
    told = {"partition": piece.key, "number": before}
    audit.record("dataset.restore", subject, by=by, org_id=output.org_id, after=told)
    return RestorePreview(piece, replaced, affected_by_restoring(output, piece, live))
