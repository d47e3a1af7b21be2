"""What the gate knows of a text that it let through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from apps.platform.sql.text import Text

# A node of DuckDB's tree, as its parser writes it in JSON.
Node = dict[str, Any]


class Kind(StrEnum):
    SELECT = "select"
    DESCRIBE = "describe"
    SUMMARIZE = "summarize"
    EXPLAIN = "explain"
    ANALYZE = "analyze"


class Reference(NamedTuple):
    """A dataset as it is asked for, in small letters: its name, after the name of whose it is where that was written."""

    parts: tuple[str, ...]
    version: int | None = None

    @property
    def name(self) -> str:
        return ".".join(self.parts)

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name} (version {self.version})"


@dataclass(frozen=True)
class Use:
    """One place where a dataset is read. `alias`: empty where none was written. `position` in characters, the spans in bytes.

    `is_bare`: it stands where the grammar takes no alias.
    """

    reference: Reference
    written: str
    alias: str
    position: int
    name_span: tuple[int, int]
    at_span: tuple[int, int] | None
    is_bare: bool


@dataclass(frozen=True)
class Statement:
    """`ctes`: names that the text itself gives to tables, in small letters. `prefix`: EXPLAIN, as it was written."""

    kind: Kind
    prefix: str
    source: Text = field(repr=False)
    uses: tuple[Use, ...]
    parameters: tuple[str, ...]
    functions: frozenset[str]
    ctes: frozenset[str]
    # The tree, and of its nodes those that are datasets, by their identity: a name alone may be a dataset here and a CTE there.
    tree: Node = field(repr=False, compare=False)
    nodes: Mapping[int, Use] = field(repr=False, compare=False)

    @property
    def text(self) -> str:
        return self.prefix + self.source.data[len(self.prefix.encode()) :].decode()

    @property
    def references(self) -> tuple[Reference, ...]:
        """Each once, in the order of the text."""
        return tuple(dict.fromkeys(use.reference for use in sorted(self.uses, key=lambda use: use.position)))


def small(name: str) -> str:
    """As DuckDB compares names: letters of ASCII only. Python's `lower` would fold more, and see equals where it sees none."""
    return name.translate(_SMALL)


_SMALL = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
