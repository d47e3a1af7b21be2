"""A person has readers get again what was superseded."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.datasets import services as datasets
from apps.datasets.models import Output, Partition
from apps.datasets.stores import data_store
from apps.dispatch import services as dispatch
from apps.dispatch.domain import a_partition
from apps.dispatch.models import LiveJob
from apps.dispatch.services import Invalid
from apps.platform.errors import Conflict, NotFound
from operators.sdk.words import Reason


def restore(subject: Subject, output: Output, piece_id: UUID, *, by: Actor) -> Partition:
    piece = Partition.objects.filter(pk=piece_id, version__output=output).select_related("version").first()
    if piece is None:
        raise NotFound("There is no such partition of this dataset: it may have been purged.", code="unknown_partition")
    if piece.version_id != output.current_id:
        words = "It is of a version that readers do not get. To go back to that whole version, roll back its DAG."
        raise Conflict(words, code="other_version")
    datasets.check_whole(piece, data_store())
    with transaction.atomic():
        _restore(subject, output, piece, by=by)
    piece.refresh_from_db()
    return piece


def _restore(subject: Subject, output: Output, piece: Partition, *, by: Actor) -> None:
    # An activation that changes what readers get waits, or has.
    lives = LiveJob.objects.select_for_update(no_key=True).filter(dag_id=output.dag_id, name=output.job, build=None)
    live = lives.first()
    if not Output.objects.filter(pk=output.pk, current=piece.version_id).exists():
        raise Conflict("Another version took over meanwhile. Look at the dataset again.", code="moved_meanwhile")
    before = piece.number
    datasets.restore_piece(piece)
    if live is not None and live.generation == piece.version.generation:
        dispatch.write_invalidations([
            Invalid(live.org_id, live.pk, output.number, live.generation, a_partition(piece.key), Reason.CORRECTION, said_by=by.person_id)
        ])  # fmt: skip
    told = {"partition": piece.key, "number": before}
    audit.record("dataset.restore", subject, by=by, org_id=output.org_id, after=told)
