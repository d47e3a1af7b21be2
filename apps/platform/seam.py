"""Where a dataset that lies in files and in a table is read from: every row once. Pure, and the one place where this is said.

Files are pinned in one transaction of *state*; then one snapshot of *data* is taken, in which also the ledger is read of ranges that
were compacted and deleted. Cold are the pinned partitions; hot, the rows of the snapshot whose key lies in no range of those. A
partition that does not hold any more is left out where the table still has its whole range; else it is read, and told as stale.
A range that the ledger has and no pinned partition was compacted after the pins were taken: resolve them again, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Span(NamedTuple):
    """Both inclusive."""

    start: int
    end: int


@dataclass(frozen=True)
class Cold(Generic[T]):
    """A committed partition. `of` is whatever the caller knows it by."""

    start: int
    end: int
    is_valid: bool
    of: T

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True)
class HotState:
    """Of one snapshot: the smallest and the largest key of the table, None where it is empty; what the ledger says was deleted."""

    bounds: Span | None
    deleted: Sequence[Span] = ()

    def holds(self, span: Span) -> bool:
        """The whole of it. Where that is not certain, as below the first row of a table that is sparse, it does not."""
        if self.bounds is None or span.start < self.bounds.start or span.end > self.bounds.end:
            return False
        return not any(gone.start <= span.end and gone.end >= span.start for gone in self.deleted)


class StalePins(Exception):
    """`spans` went from the table to files after the pins were taken: take new ones, once. What is missing then is missing."""

    def __init__(self, spans: Sequence[Span]) -> None:
        super().__init__(f"compacted since the files were pinned: {', '.join(f'{one.start}-{one.end}' for one in spans[:5])}")
        self.spans = spans


@dataclass(frozen=True)
class Seam(Generic[T]):
    """`cold`: partitions to read, those among them that are `stale`. `covered`: where nothing is read from the table, in pieces that
    are apart. `missing`: deleted from the table, and in no partition.
    """

    cold: Sequence[Cold[T]]
    stale: Sequence[Cold[T]]
    covered: Sequence[Span]
    missing: Sequence[Span] = ()

    def hot_within(self, low: int, high: int) -> list[Span]:
        """What is read from the table of these keys."""
        return _without(Span(low, high), self.covered)


def seam(pinned: Iterable[Cold[T]], hot: HotState, *, resolved_again: bool = False) -> Seam[T]:
    """Raises StalePins, unless the pins were `resolved_again` because of that already."""
    every = sorted(pinned, key=lambda one: one.start)
    cold = [one for one in every if one.is_valid or not hot.holds(one.span)]
    covered = _merged(one.span for one in cold)
    missing = [left for gone in _merged(hot.deleted) for left in _without(gone, covered)]
    if missing and not resolved_again:
        raise StalePins(missing)
    return Seam(cold, [one for one in cold if not one.is_valid], covered, missing)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for one in sorted(spans):
        if merged and one.start <= merged[-1].end + 1:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, one.end))
        else:
            merged.append(one)
    return merged


def _without(span: Span, taken: Sequence[Span]) -> list[Span]:
    """`taken` in order, and apart."""
    left, at = [], span.start
    for one in taken:
        if one.end < at:
            continue
        if one.start > span.end:
            break
        if one.start > at:
            left.append(Span(at, one.start - 1))
        at = one.end + 1
    if at <= span.end:
        left.append(Span(at, span.end))
    return left
