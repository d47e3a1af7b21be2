from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.datasets.models import Dataset
from apps.platform.errors import NotFound
from apps.platform.tables import Shape
from apps.tables.domain import BatchState, TableState
from apps.tables.models import Batch, HotTable


def ready_datasets() -> list[UUID]:
    """Of all orgs: a sink is the platform's. Also of tables that tasks write themselves by now, while batches of before wait."""
    # Uses index hot_table_ready, and batch_waiting.
    waits = Batch.objects.filter(state=BatchState.WAITING, dataset=OuterRef("pk"))
    ready = HotTable.objects.filter(Q(is_direct=False) | Exists(waits), state=TableState.READY)
    return list(ready.order_by("pk").values_list("pk", flat=True))


def shapes_of(datasets: Iterable[Dataset]) -> dict[UUID, Shape]:
    """Of those that have a table: what it is, or is on its way to be."""
    return {row.pk: row.is_or_will_be for row in HotTable.objects.filter(dataset__in=list(datasets))}


def table_of(dataset: Dataset) -> HotTable | None:
    return HotTable.objects.filter(pk=dataset.pk).first()


def dead_letters_of(dataset: Dataset) -> QuerySet[Batch]:
    # Uses index batch_dead.
    return Batch.objects.dead().filter(dataset=dataset)


def get_batch(dataset: Dataset, batch_id: UUID) -> Batch:
    found = Batch.objects.filter(dataset=dataset, pk=batch_id).first()
    if found is None:
        raise NotFound("There is no such batch of this dataset.", code="unknown_batch")
    return found
