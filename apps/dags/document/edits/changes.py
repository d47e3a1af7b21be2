"""Pieces of text to put in place of others, and how a place in the text is found."""

from __future__ import annotations

from dataclasses import dataclass

from apps.dags.document import tree
from apps.platform.errors import Invalid


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


def dash_column(text: str, item: tree.Node) -> int:
    """Spaces before the `-` of an item of a block list."""
    line = text[line_start(text, item.start.offset) : item.start.offset]
    return len(line) - len(line.lstrip(" "))


def own(entry: tree.Entry, what: str) -> tree.Node:
    """What came in by an anchor stands elsewhere, for others as well."""
    if entry.merged:
        raise Invalid(f"{what} comes from an anchor: change it in the text.", code="by_anchor")
    return entry.value
