"""Tables that grow block by block: one row for all blocks that follow each other and were made in the same way.

A chain makes a block every few seconds, for years. A row for each would be most of this database and tell nothing: who asks what
made block N asks which job, of which version, from what, and finds the row that N lies in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from apps.lineage.models import Made, MadeFrom

# Those that touch or hold a cursor are among the nearest that do not end below it; several, because what is made again lies beside.
_NEAREST = 8
_LASTING = ("times", "cursor_first", "cursor", "rows", "made_at", "started_at", "task_id", "attempt", "root_id", "metrics")
_LASTING_OF_INPUTS = (
    "cursor_first",
    "cursor",
    "range_start",
    "range_end",
    "number",
    "pieces",
    "rows",
    "size_bytes",
    "key",
    "partition_id",
)


@dataclass
class Grown:
    """A stretch of cursors, with what was read for it."""

    made: Made
    inputs: list[MadeFrom]

    @property
    def first(self) -> int:
        return int(self.made.cursor_first or 0)

    @property
    def last(self) -> int:
        return int(self.made.cursor or 0)

    @property
    def way(self) -> tuple[object, ...]:
        """Two of one way are one row, if nothing lies between them."""
        made = self.made
        how = (made.version_id, made.number, made.dag_version, made.cause)
        return (*how, *sorted({(one.input, str(one.version_id), one.read_as) for one in self.inputs}))

    def touches(self, other: Grown) -> bool:
        return self.first <= other.last + 1 and other.first <= self.last + 1

    def holds(self, other: Grown) -> bool:
        return self.first <= other.first and other.last <= self.last


def grow(stretches: Sequence[Grown]) -> None:
    """Inside the caller's transaction."""
    lock_versions({one.made.version_id for one in stretches})
    # Told again when its inputs are forgotten, it is of no way that is known; it is the row that it began all the same.
    known = set(Made.objects.filter(event_id__in=[one.made.event_id for one in stretches]).values_list("event_id", flat=True))
    unknown = [one for one in stretches if one.made.event_id not in known]
    new = [one for one in unknown if not any(there.holds(one) and there.way == one.way for there in _near(one))]
    for stretch in new:
        _absorb_inputs(stretch.inputs, [])
    for stretch in _joined(new):
        near = [one for one in _near(stretch) if one.way == stretch.way and one.touches(stretch)]
        _save(stretch, near)


def lock_versions(version_ids: Collection[UUID]) -> None:
    """Two at once would both find that there is no row yet. In one order, and given back with the transaction."""
    with connection.cursor() as cursor:
        for version_id in sorted(version_ids):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('lineage' || %s::text, 0))", [str(version_id)])


def _near(stretch: Grown) -> list[Grown]:
    made = stretch.made
    # Uses index made_cursor.
    rows = Made.objects.filter(version_id=made.version_id, cursor__gte=stretch.first - 1, number=made.number)
    found = list(rows.order_by("cursor").prefetch_related("inputs")[:_NEAREST])
    return [Grown(one, list(one.inputs.all())) for one in found]


def _joined(stretches: Iterable[Grown]) -> list[Grown]:
    """What came together and follows each other, as one: a chain that catches up brings hundreds at once."""
    joined: list[Grown] = []
    for one in sorted(stretches, key=lambda it: (repr(it.way), it.first)):
        if joined and joined[-1].way == one.way and joined[-1].touches(one):
            absorb(joined[-1], one)
        else:
            joined.append(one)
    return joined


def _save(stretch: Grown, near: Sequence[Grown]) -> None:
    if not near:
        stretch.made.save(force_insert=True)
        for one in stretch.inputs:
            one.made = stretch.made
        MadeFrom.objects.bulk_create(stretch.inputs)
        return
    keeps, *others = near
    absorb(keeps, stretch)
    for other in others:
        absorb(keeps, other)
        other.made.delete()
    keeps.made.save(update_fields=_LASTING)
    MadeFrom.objects.bulk_update(keeps.inputs, _LASTING_OF_INPUTS)


def absorb(into: Grown, other: Grown) -> None:
    """The one row says by whom it was made last, and since when."""
    made, more = into.made, other.made
    if more.made_at >= made.made_at:
        made.task_id, made.attempt, made.root_id, made.metrics = more.task_id, more.attempt, more.root_id, more.metrics
    made.cursor_first, made.cursor = min(into.first, other.first), max(into.last, other.last)
    made.times, made.rows = made.times + more.times, _sum(made.rows, more.rows)
    made.started_at = min((one for one in (made.started_at, more.started_at) if one), default=None)
    made.made_at = max(made.made_at, more.made_at)
    _absorb_inputs(into.inputs, other.inputs)


def _absorb_inputs(into: list[MadeFrom], others: Iterable[MadeFrom]) -> None:
    """One row for each input that was read, whatever of it was read each time."""
    kept: dict[tuple[int, UUID, str], MadeFrom] = {}
    for one in [*into, *others]:
        there = kept.setdefault((one.input, one.version_id, one.read_as), one)
        if there is not one:
            _widen(there, one)
    into[:] = [one for one in into if kept[one.input, one.version_id, one.read_as] is one]


def _widen(there: MadeFrom, one: MadeFrom) -> None:
    if there.key != one.key:
        there.key = ""
    if there.partition_id != one.partition_id:
        there.partition_id = None
    there.cursor_first = _least(there.cursor_first, one.cursor_first)
    there.cursor, there.number = _most(there.cursor, one.cursor), max(there.number, one.number)
    there.range_start, there.range_end = _least(there.range_start, one.range_start), _most(there.range_end, one.range_end)
    there.pieces = max(there.pieces, one.pieces)
    there.rows, there.size_bytes = _most(there.rows, one.rows), _most(there.size_bytes, one.size_bytes)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


def _least(one: Any, other: Any) -> Any:
    return min((value for value in (one, other) if value is not None), default=None)


def _most(one: Any, other: Any) -> Any:
    return max((value for value in (one, other) if value is not None), default=None)
