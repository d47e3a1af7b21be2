"""Events of the YAML parser → tree, with what the parser lets pass: duplicate keys, tags, bombs of aliases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from apps.dags.document import scalars
from apps.dags.document.codes import Code
from apps.dags.document.problems import Path, Position, Problem, pointer, shown
from apps.dags.document.tree import Entry, Mapping, Node, Scalar, Sequence

MOST_NODES_BY_ALIAS = 10_000
DEEPEST = 40
MERGE = "<<"
_OWN_TAGS = frozenset({None, "!"})


class Refused(Exception):
    """The rest of the text cannot be looked at."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class TooDeep(Refused):
    pass


class TooMany(Refused):
    pass


class Composer:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._open: set[str] = set()
        self._nodes = 0
        self._by_alias = 0

    def compose(self, events: Iterable[Any]) -> Node | None:
        """The first document; a second one is a problem."""
        stream = iter(events)
        root: Node | None = None
        documents = 0
        for event in stream:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self._complain(
                        Code.SEVERAL_DOCUMENTS, "A second document starts here.", (), event, "Keep one: a DAG is one document."
                    )
                    break
            elif isinstance(event, yaml.NodeEvent):
                root = self._node(event, stream, (), 0)
        return None if isinstance(root, Scalar) and root.value is None and root.plain else root

    def _node(self, event: Any, stream: Any, path: Path, depth: int) -> Node:
        if depth > DEEPEST:
            raise TooDeep(self._problem(Code.TOO_DEEP, f"Nothing in a DAG is {DEEPEST} levels deep.", path, event))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        before = self._nodes
        self._nodes += 1
        self._check_tag(event, path)
        if event.anchor:
            self._open.add(event.anchor)
        node = self._composed(event, stream, path, depth)
        if event.anchor:
            self._open.discard(event.anchor)
            self._anchors[event.anchor] = (node, self._nodes - before)
        return node

    def _composed(self, event: Any, stream: Any, path: Path, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0]
            value = scalars.value_of(event.value) if plain else event.value
            return Scalar(_start(event), _end(event), event.value, plain, value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, stream, path, depth)
        return self._mapping(event, stream, path, depth)

    def _sequence(self, event: Any, stream: Any, path: Path, depth: int) -> Sequence:
        made = Sequence(_start(event), _end(event), [], bool(event.flow_style))
        while not isinstance(following := next(stream), yaml.SequenceEndEvent):
            made.items.append(self._node(following, stream, (*path, len(made.items)), depth + 1))
        made.end = _end(following) if made.flow or not made.items else made.items[-1].end
        return made

    def _mapping(self, event: Any, stream: Any, path: Path, depth: int) -> Mapping:
        made = Mapping(_start(event), _end(event), {}, bool(event.flow_style))
        merges: list[tuple[Any, Node]] = []
        while not isinstance(following := next(stream), yaml.MappingEndEvent):
            key = self._node(following, stream, path, depth + 1)
            name = key.text if isinstance(key, Scalar) else None
            below = (*path, name) if name is not None else path
            value_event = next(stream)
            value = self._node(value_event, stream, below, depth + 1)
            if isinstance(key, Scalar) and name == MERGE and key.plain:
                merges.append((value_event, value))
            else:
                self._add(made, key, value, following, path)
            made.end = value.end if not isinstance(value_event, yaml.AliasEvent) else _end(value_event)
        if made.flow or (not made.entries and not merges):
            made.end = _end(following)
        for value_event, value in merges:
            self._merge(made, value, value_event, path)
        return made

    def _add(self, into: Mapping, key: Node, value: Node, event: Any, path: Path) -> None:
        if not isinstance(key, Scalar) or not isinstance(key.value, str):
            said = shown(key.text) if isinstance(key, Scalar) else "a list or a mapping"
            self._complain(Code.KEY_NOT_TEXT, f"A key is text; this is {said}.", path, event, "Quote it, or remove it.")
        elif earlier := into.entries.get(key.value):
            message = f"`{shown(key.value)}` is here twice; the first is on line {earlier.key.start.line}."
            self._complain(Code.DUPLICATE_KEY, message, (*path, key.value), event, "Keep one of the two.")
        else:
            into.entries[key.value] = Entry(key, value)

    def _merge(self, into: Mapping, value: Node, event: Any, path: Path) -> None:
        """`<<: *anchor`: keys that are written out win."""
        for source in value.items if isinstance(value, Sequence) else [value]:
            if not isinstance(source, Mapping):
                message = "`<<` takes a mapping with an anchor, or a list of them."
                self._complain(Code.WRONG_TYPE, message, (*path, MERGE), event, "Write `<<: *name`.")
                continue
            for name, entry in source.entries.items():
                into.entries.setdefault(name, Entry(entry.key, entry.value, merged=True))

    def _alias(self, event: Any, path: Path) -> Node:
        if event.anchor in self._open:
            raise TooMany(self._problem(Code.RECURSIVE_ANCHOR, f"`*{event.anchor}` stands inside what it names.", path, event))
        if event.anchor not in self._anchors:
            self._complain(Code.UNKNOWN_ANCHOR, f"There is no `&{event.anchor}` before this.", path, event)
            return Scalar(_start(event), _end(event), "", True, None)
        node, size = self._anchors[event.anchor]
        self._nodes += size
        self._by_alias += size
        if self._by_alias > MOST_NODES_BY_ALIAS:
            message = f"The aliases of this document stand for more than {MOST_NODES_BY_ALIAS:,} values."
            raise TooMany(self._problem(Code.TOO_MANY_NODES, message, path, event, "Write less with aliases, or split the DAG."))
        return node

    def _check_tag(self, event: Any, path: Path) -> None:
        if event.tag not in _OWN_TAGS:
            message = f"`{shown(event.tag)}` is a tag; a DAG has none."
            self._complain(Code.TAG_NOT_ALLOWED, message, path, event, "Remove it; quote a value that is meant as text.")

    def _complain(self, code: Code, message: str, path: Path, event: Any, hint: str = "") -> None:
        self.problems.append(self._problem(code, message, path, event, hint))

    @staticmethod
    def _problem(code: Code, message: str, path: Path, event: Any, hint: str = "") -> Problem:
        at = _start(event)
        return Problem(code, message, pointer(path), at.line, at.column, hint)


def _start(event: Any) -> Position:
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1, mark.index)


def _end(event: Any) -> Position:
    mark = event.end_mark
    return Position(mark.line + 1, mark.column + 1, mark.index)
