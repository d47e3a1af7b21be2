"""What tasks work on: those of one job whose scopes meet never run together. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """A range, from `start` to `end` inclusive, where the key is its name or none; else the key. Without either it meets nothing."""

    key: str = ""
    start: int | None = None
    end: int | None = None

    @property
    def range(self) -> tuple[int, int] | None:
        if self.start is None or self.end is None or self.key not in {"", f"{self.start}-{self.end}"}:
            return None
        return self.start, self.end


class Scopes:
    """Those of one job that are taken: keys, and ranges as one set of numbers, kept in pieces that do not touch one another."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._starts: list[int] = []
        self._ends: list[int] = []

    def take(self, scope: Scope) -> bool:
        """Whether it was free. It is taken in any case: one that must wait is not passed by later ones that would meet it."""
        if (blocks := scope.range) is not None:
            return self._take_range(*blocks)
        is_free = scope.key not in self._keys
        if scope.key:
            self._keys.add(scope.key)
        return is_free

    def _take_range(self, start: int, end: int) -> bool:
        # The pieces that it meets: those that end at its start or later, and start at its end or before.
        first, after = bisect_left(self._ends, start), bisect_right(self._starts, end)
        if first < after:
            start, end = min(start, self._starts[first]), max(end, self._ends[after - 1])
        self._starts[first:after] = [start]
        self._ends[first:after] = [end]
        return first >= after
