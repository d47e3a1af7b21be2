"""What a query asks of the tables it reads from, by the names of their columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

# DuckDB numbers columns of one name: the second `hash` of a join is `hash_1` to the query around.
_NUMBERED = re.compile(r"(.+)_\d+$", re.DOTALL)


@dataclass
class Wanted:
    """What a query is asked for: the `names`, or, where it is `all`, everything but the `names`."""

    names: set[str] = field(default_factory=set)
    all: bool = False

    @classmethod
    def everything(cls, *, but: Iterable[str] = ()) -> Wanted:
        return cls(set(but), all=True)

    def has(self, name: str) -> bool:
        return (name in self.names) != self.all

    def add(self, name: str) -> None:
        one: str | None = name
        while one is not None:
            (self.names.discard if self.all else self.names.add)(one)
            numbered = _NUMBERED.match(one)
            one = numbered[1] if numbered else None

    def add_all(self, but: Iterable[str] = ()) -> None:
        self.names = self.names.intersection(but) if self.all else set(but) - self.names
        self.all = True


@dataclass
class Table:
    """What stands in a FROM. Of a dataset the `columns` are known; of a query inside, what is `wanted` of it."""

    alias: str
    wanted: Wanted = field(default_factory=Wanted)
    columns: frozenset[str] | None = None

    def take(self, names: Sequence[str]) -> None:
        """A name with points: a column and what is in it, or a table before it, or the table as a whole."""
        self.wanted.add(names[0])
        for place, name in enumerate(names):
            if name != self.alias:
                continue
            if place + 1 < len(names):
                self.wanted.add(names[place + 1])
            if self._is_whole(names[place:]):
                self.wanted.add_all()

    def _is_whole(self, names: Sequence[str]) -> bool:
        """The row itself. Not where the dataset has a column of the table's name, or the one that is asked for."""
        if self.columns is None:
            return len(names) == 1
        return names[0] not in self.columns if len(names) == 1 else names[1] not in self.columns
