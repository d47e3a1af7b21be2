"""What a task read and what it made, as somebody may see it: the same few queries, however much it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from apps.datasets.domain import Storage
from apps.datasets.models import Output, Partition, Version
from apps.dispatch.domain import EVERYTHING
from apps.dispatch.models import LiveJob, Pin, Task
from apps.orm.rows import rows
from apps.runs.selectors.naming import Asker, Named, names_of

# Of each version; the others have a page of their own.
MOST_PIECES = 20
# An attempt may report a million: of a table that many are looked at.
MOST_REPORTS = 10_000
# Uses index event_task.
_TABLES = """
SELECT output, count(*) AS reports, min(coalesce(range_start, cursor)) AS first, max(coalesce(range_end, cursor)) AS last,
    sum(CASE WHEN jsonb_typeof(data -> 'rows') = 'number' THEN (data ->> 'rows')::numeric END) AS rows
FROM (
    SELECT * FROM dispatch_event
    WHERE task_id = %(task)s AND id >= %(task)s AND output = ANY(%(outputs)s::int[]) LIMIT %(most)s
) AS said GROUP BY output ORDER BY output
"""


@dataclass(frozen=True)
class Read:
    """Of one version, by one input: as it was when the attempt was claimed. `read_rows` and `read_bytes`: what the attempt says it
    read of it; None before it has said so.
    """

    input: int
    version: Version
    named: Named
    partitions: int
    rows: int
    size_bytes: int
    read_rows: int | None
    read_bytes: int | None
    first: Sequence[Pin]

    @property
    def is_current(self) -> bool:
        return self.version.output.current_id == self.version.pk


@dataclass(frozen=True)
class Committed:
    """Partitions of one version."""

    version: Version
    named: Named
    partitions: int
    rows: int
    size_bytes: int
    first: Sequence[Partition]

    @property
    def is_current(self) -> bool:
        return self.version.output.current_id == self.version.pk


@dataclass(frozen=True)
class Written:
    """A table: as often as the task told of it, over these blocks. `rows`: as the task says; None where it does not."""

    output: Output
    named: Named
    reports: int
    first: int | None
    last: int | None
    rows: int | None

    @property
    def is_capped(self) -> bool:
        return self.reports > MOST_REPORTS

    @property
    def is_everything(self) -> bool:
        return (self.first, self.last) == (EVERYTHING.start, EVERYTHING.end)

    @property
    def told(self) -> int:
        return min(self.reports, MOST_REPORTS)


@dataclass(frozen=True)
class Data:
    """`hidden`: how much was read of what the asker may not see."""

    reads: Sequence[Read]
    hidden: int
    committed: Sequence[Committed]
    written: Sequence[Written]


def data_of(task: Task, live: LiveJob, asker: Asker) -> Data:
    reads, made = _reads(task), _made(task)
    versions = _versions({one["version_id"] for one in (*reads, *made)})
    tables = {one.number: one for one in Output.objects.filter(dag_id=live.dag_id, job=live.name, storage=Storage.POSTGRES)}
    names = names_of([*_outputs(versions), *tables.values()], asker)
    named = {pk: names[one.output_id] for pk, one in versions.items() if names[one.output_id]}
    pins, pieces = _first_pins(task, bool(reads)), _first_pieces(task, bool(made))
    return Data(
        [_read(one, versions, named, pins) for one in reads if one["version_id"] in named],
        sum(one["version_id"] not in named for one in reads),
        [_committed(one, versions, named, pieces) for one in made if one["version_id"] in named],
        [_written(row, tables[row.output], names) for row in _reports(task, tables)],
    )  # fmt: skip


def pins_of(task: Task) -> QuerySet[Pin]:
    """Of its last attempt. Uses index pin_task."""
    return Pin.objects.of(task.pk).filter(attempt=task.attempt)


def pieces_by(task: Task) -> QuerySet[Partition]:
    """Uses index partition_task."""
    return Partition.objects.filter(task_id=task.pk)


def known_versions(rows: QuerySet[Any], asker: Asker) -> dict[UUID, Named]:
    """Those of pins or partitions that the asker may know of."""
    versions = _versions(set(rows.order_by().values_list("version_id", flat=True).distinct()))
    names = names_of(_outputs(versions), asker)
    return {pk: names[one.output_id] for pk, one in versions.items() if names[one.output_id]}


def _outputs(versions: Mapping[UUID, Version]) -> list[Output]:
    return list({one.output_id: one.output for one in versions.values()}.values())


def _reads(task: Task) -> list[dict[str, Any]]:
    found = pins_of(task).order_by("input", "version_id").values("input", "version_id")
    sums = found.annotate(
        partitions=Count("pk"), of_rows=Sum("rows"), of_bytes=Sum("size_bytes"), in_rows=Sum("read_rows"), in_bytes=Sum("read_bytes")
    )  # fmt: skip
    return [dict(row) for row in sums]


def _made(task: Task) -> list[dict[str, Any]]:
    found = pieces_by(task).order_by("version_id").values("version_id")
    return [dict(row) for row in found.annotate(partitions=Count("pk"), of_rows=Sum("rows"), of_bytes=Sum("size_bytes"))]


def _versions(version_ids: Collection[UUID]) -> dict[UUID, Version]:
    found = Version.objects.filter(pk__in=version_ids).select_related("output").defer("columns", "schema")
    return {one.pk: one for one in found} if version_ids else {}


def _first_pins(task: Task, is_any: bool) -> Mapping[tuple[int, UUID], Sequence[Pin]]:
    found: defaultdict[tuple[int, UUID], list[Pin]] = defaultdict(list)
    if is_any:
        place = Window(RowNumber(), partition_by=[F("input"), F("version_id")], order_by="pk")
        for pin in pins_of(task).annotate(place=place).filter(place__lte=MOST_PIECES).order_by("pk"):
            found[pin.input, pin.version_id].append(pin)
    return found


def _first_pieces(task: Task, is_any: bool) -> Mapping[UUID, Sequence[Partition]]:
    found: defaultdict[UUID, list[Partition]] = defaultdict(list)
    if is_any:
        place = Window(RowNumber(), partition_by=[F("version_id")], order_by="pk")
        for piece in pieces_by(task).annotate(place=place).filter(place__lte=MOST_PIECES).order_by("pk"):
            found[piece.version_id].append(piece)
    return found


def _read(
    one: Mapping[str, Any],
    versions: Mapping[UUID, Version],
    named: Mapping[UUID, Named],
    pins: Mapping[tuple[int, UUID], Sequence[Pin]],
) -> Read:
    version_id: UUID = one["version_id"]
    return Read(
        one["input"], versions[version_id], named[version_id], one["partitions"], one["of_rows"], one["of_bytes"], one["in_rows"],
        one["in_bytes"], pins[one["input"], version_id],
    )  # fmt: skip


def _committed(
    one: Mapping[str, Any],
    versions: Mapping[UUID, Version],
    named: Mapping[UUID, Named],
    pieces: Mapping[UUID, Sequence[Partition]],
) -> Committed:
    version_id: UUID = one["version_id"]
    return Committed(
        versions[version_id], named[version_id], one["partitions"], one["of_rows"], one["of_bytes"], pieces[version_id]
    )


def _reports(task: Task, outputs: Collection[int]) -> list[Any]:
    if not outputs:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, {"task": task.pk, "outputs": list(outputs), "most": MOST_REPORTS + 1})
        return rows(cursor)


def _written(row: Any, output: Output, names: Mapping[UUID, Named]) -> Written:
    first, last, count = (None if value is None else int(value) for value in (row.first, row.last, row.rows))
    return Written(output, names[output.pk], row.reports, first, last, count)
