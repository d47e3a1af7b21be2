"""A document with the place of everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from apps.dags.document.problems import Path, Position


class Mark(Protocol):
    """A place as the parser says it: everything from 0."""

    @property
    def index(self) -> int: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


@dataclass(slots=True)
class Node:
    """With the parser's own marks: to make positions of all of them would be a third of the time of reading."""

    start_mark: Mark
    end_mark: Mark

    @property
    def start(self) -> Position:
        return _position(self.start_mark)

    @property
    def end(self) -> Position:
        return _position(self.end_mark)


@dataclass(slots=True)
class Scalar(Node):
    text: str
    plain: bool
    value: object


@dataclass(slots=True)
class Entry:
    """A key and what it holds. `merged`: it came in with `<<` and stands elsewhere."""

    key: Scalar
    value: Node
    merged: bool = False


@dataclass(slots=True)
class Mapping(Node):
    entries: dict[str, Entry] = field(default_factory=dict)
    flow: bool = False


@dataclass(slots=True)
class Sequence(Node):
    items: list[Node] = field(default_factory=list)
    flow: bool = False


def _position(mark: Mark) -> Position:
    return Position(mark.line + 1, mark.column + 1, mark.index)


def plain(node: Node) -> object:
    """The same without places."""
    if isinstance(node, Mapping):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else None


def child(node: Node, part: str | int) -> Node | None:
    if isinstance(node, Mapping) and (entry := node.entries.get(str(part))):
        return entry.value
    if isinstance(node, Sequence) and isinstance(part, int) and 0 <= part < len(node.items):
        return node.items[part]
    return None


def find(root: Node, path: Path) -> Node | None:
    node: Node | None = root
    for part in path:
        node = child(node, part) if node else None
    return node


def place(root: Node, path: Path, *, key: bool = False) -> Position:
    """Of the value at the path, or of its key; of the nearest that is there when the path leads to nothing."""
    node, found = root, root.start
    for depth, part in enumerate(path):
        if key and depth == len(path) - 1 and isinstance(node, Mapping) and (entry := node.entries.get(str(part))):
            return entry.key.start
        following = child(node, part)
        if following is None:
            return found
        # Of a block that begins on the next line the key is where one looks.
        entry = node.entries.get(str(part)) if isinstance(node, Mapping) else None
        below = entry and not entry.merged and following.start.line > entry.key.start.line
        node, found = following, entry.key.start if entry and below else following.start
    return found


def jobs_of(root: Node) -> Iterator[tuple[int, Mapping]]:
    """Every job that is a mapping, with its number."""
    jobs = child(root, "jobs")
    for number, job in enumerate(jobs.items if isinstance(jobs, Sequence) else []):
        if isinstance(job, Mapping):
            yield number, job


def text_at(node: Node, key: str) -> str | None:
    found = child(node, key)
    return found.value if isinstance(found, Scalar) and isinstance(found.value, str) else None
