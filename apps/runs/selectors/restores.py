"""What a partition that was superseded replaces when it is restored, and who then does their part again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.datasets import services as datasets
from apps.datasets.models import Output, Partition
from apps.datasets.stores import data_store
from apps.dispatch.domain import a_partition
from apps.dispatch.models import LiveJob
from apps.platform.errors import Conflict, NotFound
from apps.runs.selectors.invalidations import Affected, affected_by


@dataclass(frozen=True)
class RestorePreview:
    piece: Partition
    replaced: Sequence[Partition]
    affected: Sequence[Affected]

    @property
    def tasks(self) -> int:
        return sum(one.tasks for one in self.affected)


def piece_to_restore(output: Output, piece_id: UUID) -> Partition:
    """Raises NotFound and Conflict; asks the object store whether it is whole."""
    piece = Partition.objects.filter(pk=piece_id, version__output=output).select_related("version").first()
    if piece is None:
        raise NotFound("There is no such partition of this dataset: it may have been purged.", code="unknown_partition")
    if piece.version_id != output.current_id:
        words = "It is of a version that readers do not get. To go back to that whole version, roll back its DAG."
        raise Conflict(words, code="other_version")
    datasets.check_whole(piece, data_store())
    return piece


def restore_preview(output: Output, piece_id: UUID) -> RestorePreview:
    """Raises as restoring it would."""
    piece = piece_to_restore(output, piece_id)
    replaced = datasets.replaced_by(piece)
    live = LiveJob.objects.filter(dag_id=output.dag_id, name=output.job, build=None).first()
    return RestorePreview(piece, replaced, affected_by_restoring(output, piece, live))


def affected_by_restoring(output: Output, piece: Partition, live: LiveJob | None) -> list[Affected]:
    """Nobody, where the job makes something else now."""
    if live is None or live.generation != piece.version.generation:
        return []
    return affected_by([(live, output.number)], a_partition(piece.key))
