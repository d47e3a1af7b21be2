"""What somebody chose of an output, and the tasks that make it: each part of it by one task. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from apps.dispatch.spans import Span, merge, range_of_key

Blocks = tuple[int, int]


@dataclass(frozen=True)
class Chosen:
    """Ranges, both ends of which belong to them; and keys that are no ranges."""

    ranges: tuple[Blocks, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unit:
    """A task of the job that makes the output, with what it is given: input and event."""

    key: str
    start: int | None
    end: int | None
    position: int | None
    inputs: tuple[tuple[int, UUID], ...]

    @property
    def blocks(self) -> Blocks | None:
        if self.start is not None and self.end is not None:
            return self.start, self.end
        return range_of_key(self.key) or (None if self.position is None else (self.position, self.position))

    @property
    def newest(self) -> UUID:
        return max(event_id for _, event_id in self.inputs)


class Disjoint:
    """Ranges of which none meets another."""

    def __init__(self, ranges: Iterable[Blocks] = ()) -> None:
        self._ranges: list[Blocks] = [(piece.start, piece.end) for piece in merge(Span(*one, None) for one in ranges)]

    def meets(self, blocks: Blocks) -> bool:
        at = bisect_left(self._ranges, blocks[0], key=lambda one: one[1])
        return at < len(self._ranges) and self._ranges[at][0] <= blocks[1]

    def take(self, blocks: Blocks) -> bool:
        """Whether it met none; only then it is one of them."""
        if is_free := not self.meets(blocks):
            insort(self._ranges, blocks)
        return is_free


def chosen(ranges: Iterable[Blocks], keys: Iterable[str]) -> Chosen:
    """A key that is a range is chosen as one."""
    places = {key: range_of_key(key) for key in keys}
    whole = {blocks for blocks in places.values() if blocks} | set(ranges)
    return Chosen(tuple(sorted(whole)), tuple(sorted(key for key, blocks in places.items() if not blocks)))


def without_overlaps(units: Iterable[Unit], there: Collection[str]) -> list[Unit]:
    """What was split otherwise over time names the same blocks twice: as they lie there now goes first, then what is newest."""
    taken = Disjoint()
    newest_first = sorted(units, key=lambda one: one.newest, reverse=True)
    in_turn = sorted(newest_first, key=lambda one: one.key not in there)
    kept = [unit for unit in in_turn if unit.blocks is None or taken.take(unit.blocks)]
    return sorted(kept, key=lambda one: (one.blocks or (-1, -1), one.key))
