"""What is wrong with rows: counted to the end, and the first few kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MOST_FAULTS = 20
_LONGEST_REASON, _LONGEST_NAME = 500, 200


class Fault(NamedTuple):
    """`row` counts from 1, as lines do; 0 for all of them. `column` is empty where the row itself cannot be read."""

    row: int
    column: str
    reason: str


class Refused(Exception):
    """No row of them is written."""

    def __init__(self, faults: Sequence[Fault], count: int) -> None:
        super().__init__(faults[0].reason)
        self.faults, self.count = list(faults), count


class Faults:
    def __init__(self) -> None:
        self.kept: list[Fault] = []
        self.count = 0

    def add(self, row: int, column: str, reason: str) -> None:
        self.count += 1
        if len(self.kept) < MOST_FAULTS:
            self.kept.append(Fault(row, _plain(column)[:_LONGEST_NAME], _plain(reason)[:_LONGEST_REASON]))

    def raise_if_any(self) -> None:
        if self.count:
            raise Refused(self.kept, self.count)


def refused(reason: str, *, row: int = 0, column: str = "") -> Refused:
    """For one thing, which is wrong with all of them unless a row is named."""
    faults = Faults()
    faults.add(row, column, reason)
    return Refused(faults.kept, 1)


def _plain(text: str) -> str:
    """Rows may hold halves of characters, which no JSON of ours takes."""
    return text.encode("utf-8", "replace").decode()
