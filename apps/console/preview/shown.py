"""What a preview is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.pii.domain import Outcome

MOST_ROWS, MOST_COLUMNS = 100, 100


class Unread(Exception):
    """Why its rows cannot be shown, in a sentence for whoever asked."""


@dataclass(frozen=True)
class Rows:
    """As they were read: columns with their types, every value as text, and how many columns more there are."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[str | None]]
    more_columns: int = 0


@dataclass(frozen=True)
class ShownColumn:
    """`because`: of one that is personal data, why it is in the clear or why not."""

    name: str
    type: str
    outcome: Outcome
    because: str

    @property
    def is_closed(self) -> bool:
        return self.outcome is not Outcome.CLEAR


@dataclass(frozen=True)
class Preview:
    """`source` and `why_none` are sentences; `is_cut`: a value is longer than what is shown of it."""

    columns: Sequence[ShownColumn] = ()
    rows: Sequence[Sequence[str | None]] = ()
    source: str = ""
    why_none: str = ""
    more_columns: int = 0
    is_cut: bool = False

    @property
    def closed(self) -> list[ShownColumn]:
        return [one for one in self.columns if one.is_closed]
