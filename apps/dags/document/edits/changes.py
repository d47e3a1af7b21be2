"""Pieces of text to put in place of others, and how a place in the text is found."""

from __future__ import annotations

import re
from dataclasses import dataclass

from apps.dags.document import tree
from apps.dags.document.scalars import value_of
from apps.platform.errors import Invalid

_PROPERTIES = re.compile(r"([&!]\S*\s+)*")


@dataclass(frozen=True)
class TextChange:
    """Characters from `start` up to `end` give way to `insert`."""

    start: int
    end: int
    insert: str


def applied(text: str, changes: list[TextChange]) -> str:
    for change in sorted(changes, key=lambda one: one.start, reverse=True):
        text = text[: change.start] + change.insert + text[change.end :]
    return text


def line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Behind its line break, if it has one."""
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1


def after_node(text: str, node: tree.Node) -> int:
    """The start of the line below a block; a comment behind its last value stays with it."""
    end = node.end.offset
    # A block scalar ends where the next line begins.
    return end if end and text[end - 1 : end] == "\n" else line_end(text, end)


def dash_offset(text: str, item: tree.Node) -> int:
    """Of the `-` of an item of a block list; the item may begin on the next line."""
    dash = len(text[: item.start.offset].rstrip()) - 1
    if text[dash : dash + 1] != "-" or text[line_start(text, dash) : dash].strip(" "):
        raise Invalid("This entry of a list cannot be told from its neighbours: change it in the text.", code="by_hand")
    return dash


def dash_column(text: str, item: tree.Node) -> int:
    """Spaces before the `-`."""
    dash = dash_offset(text, item)
    return dash - line_start(text, dash)


def key_column(mapping: tree.Mapping) -> int:
    """Spaces before the keys of a block: an anchor may stand before the first."""
    return next((entry.key.start.column - 1 for entry in mapping.entries.values() if not entry.merged), mapping.start.column - 1)


def written(name: str) -> str:
    """In quotes where it would not be text: a job may be called `null`."""
    return name if value_of(name) == name else f'"{name}"'


def replaced(text: str, scalar: tree.Scalar, name: str) -> TextChange:
    """An anchor before the value stays."""
    start = _PROPERTIES.match(text, scalar.start.offset)
    return TextChange(start.end() if start else scalar.start.offset, scalar.end.offset, written(name))


def own(entry: tree.Entry, what: str) -> tree.Node:
    """What came in by an anchor stands elsewhere, for others as well."""
    if entry.merged:
        raise Invalid(f"{what} comes from an anchor: change it in the text.", code="by_anchor")
    return entry.value
