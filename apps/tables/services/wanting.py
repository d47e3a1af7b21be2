"""Which tables an activation wants. Making them is an effect: *data* may be away, and the activation stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.datasets.domain import Publication
from apps.datasets.models import Dataset
from apps.orgs.models import Org
from apps.outbox import services as outbox
from apps.platform.errors import Conflict, NotFound
from apps.platform.tables import Shape
from apps.tables.ddl.comparing import obstacles
from apps.tables.domain import PREPARE, TableState
from apps.tables.models import HotTable


def want_tables(org: Org, published: Sequence[Publication], *, now: datetime) -> None:
    """After the names are in the registry, inside the transaction of the activation. Raises Conflict for what a table cannot become."""
    shapes = {one.name: (one.table, one.is_direct) for one in published if one.table}
    if not shapes:
        return
    datasets = {row.name: row for row in Dataset.objects.of(org).filter(name__in=shapes)}
    known = {
        row.dataset_id: row for row in HotTable.objects.select_for_update().filter(dataset__in=datasets.values()).order_by("pk")
    }
    for name, (shape, is_direct) in sorted(shapes.items()):
        _want(datasets[name], shape, known.get(datasets[name].pk), is_direct=is_direct, now=now)


def _want(dataset: Dataset, shape: Shape, known: HotTable | None, *, is_direct: bool, now: datetime) -> None:
    if known is None:
        HotTable.objects.create(
            dataset=dataset,
            org_id=dataset.org_id,
            state=TableState.PENDING,
            wanted=shape.to_json(),
            is_direct=is_direct,
            changed_at=now,
        )
    else:
        _require_possible(dataset.name, known, shape)
        if (known.shape, known.is_direct, known.state) == (shape, is_direct, TableState.READY):
            return
        known.wanted, known.is_direct = shape.to_json(), is_direct
        known.state, known.error, known.changed_at = TableState.PENDING, "", now
        known.save(update_fields=["wanted", "is_direct", "state", "error", "changed_at"])
    outbox.put(PREPARE, {"dataset_id": str(dataset.pk)}, org_id=dataset.org_id)


def _require_possible(name: str, known: HotTable, shape: Shape) -> None:
    found = list(obstacles(known.is_or_will_be, shape))
    if found:
        raise Conflict(
            f"The table of `{name}` cannot become what this version publishes: {found[0].message} {found[0].hint}",
            code="table_differs", detail={"dataset": name}, errors=[_told(name, one.column, one.message, one.hint) for one in found],
        )  # fmt: skip


def _told(dataset: str, column: str, message: str, hint: str) -> Mapping[str, object]:
    return {"path": f"/publish/{dataset}/schema", "code": "table_differs", "message": message, "hint": hint, "column": column}


@transaction.atomic
def look_again(dataset: Dataset, *, by: Actor, now: datetime) -> None:
    """Somebody put right what was altered by hand, or what a table could not be made for."""
    table = HotTable.objects.select_for_update().filter(dataset=dataset).first()
    if table is None:
        raise NotFound("This dataset has no table.", code="no_table")
    if table.state == TableState.READY:
        return
    table.state, table.error, table.changed_at = TableState.PENDING, "", now
    table.save(update_fields=["state", "error", "changed_at"])
    outbox.put(PREPARE, {"dataset_id": str(dataset.pk)}, org_id=dataset.org_id)
    audit.record("table.look_again", Subject("dataset", str(dataset.pk), dataset.name), by=by, org_id=dataset.org_id)
