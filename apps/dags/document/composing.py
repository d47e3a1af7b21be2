"""Events of the YAML parser → tree, with what the parser lets pass: duplicate keys, tags, bombs of aliases."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml import AliasEvent, MappingEndEvent, ScalarEvent, SequenceEndEvent

from apps.dags.document.codes import Code
from apps.dags.document.problems import Path, Problem, pointer, shown
from apps.dags.document.scalars import value_of
from apps.dags.document.tree import Entry, Mapping, Mark, Node, Scalar, Sequence

MOST_NODES_BY_ALIAS = 10_000
DEEPEST = 40
MERGE = "<<"
# A path is made of keys, and a problem tells its path: 500 of them must not be 500 books.
LONGEST_KEY = 256
_OWN_TAGS = frozenset({None, "!"})
_STANDARD_TAGS = "tag:yaml.org,2002:"
# YAML 1.1 ends a line with these as well; an editor does not.
_ODD_BREAKS = ("\x85", "\u2028", "\u2029")


class Refused(Exception):
    """The rest of the text cannot be looked at."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class TooDeep(Refused):
    pass


class TooMany(Refused):
    pass


@dataclass(frozen=True, slots=True)
class PlainMark:
    index: int
    line: int
    column: int


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
                    message = "A second document starts here."
                    self._complain(Code.SEVERAL_DOCUMENTS, message, (), event, "Keep one: a DAG is one document.")
                    break
            elif isinstance(event, yaml.NodeEvent):
                root = self._node(event, stream, (), 0)
        return None if isinstance(root, Scalar) and root.value is None and root.plain else root

    def _node(self, event: Any, stream: Any, path: Path, depth: int) -> Node:
        if type(event) is ScalarEvent and event.tag is None and event.anchor is None:
            # Nine of ten values are plain words: this way alone is short.
            self._nodes += 1
            return self._scalar(event, path)
        if isinstance(event, AliasEvent):
            return self._alias(event, path)
        if depth > DEEPEST:
            message = f"This is nested more than {DEEPEST} levels deep."
            raise TooDeep(self._problem(Code.TOO_DEEP, message, path, event, "Close a bracket: nothing in a DAG is that deep."))
        self._nodes += 1
        if event.tag not in _OWN_TAGS:
            self._refuse_tag(event, path)
        if event.anchor is None:
            return self._composed(event, stream, path, depth)
        before = self._nodes - 1
        self._open.add(event.anchor)
        node = self._composed(event, stream, path, depth)
        self._open.discard(event.anchor)
        self._anchors[event.anchor] = (node, self._nodes - before)
        return node

    def _composed(self, event: Any, stream: Any, path: Path, depth: int) -> Node:
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, stream, path, depth)
        return self._mapping(event, stream, path, depth)

    def _scalar(self, event: Any, path: Path) -> Scalar:
        text, plain = event.value, event.implicit[0]
        # By an escape in double quotes; no database could keep it.
        if "\0" in text:
            self._complain(Code.BAD_TEXT, "A NUL character (`\\0`) cannot be kept.", path, event, "Remove it.")
        return Scalar(event.start_mark, event.end_mark, text, plain, value_of(text) if plain else text)

    def _sequence(self, event: Any, stream: Any, path: Path, depth: int) -> Sequence:
        made = Sequence(event.start_mark, event.end_mark, [], bool(event.flow_style))
        items = made.items
        following: Any = event
        while type(following := next(stream)) is not SequenceEndEvent:
            item = self._node(following, stream, (*path, len(items)), depth + 1)
            items.append(item)
            # What an alias stands for ends elsewhere.
            made.end_mark = _end(following) if type(following) is AliasEvent else item.end_mark
        if made.flow:
            made.end_mark = _end(following)
        return made

    def _mapping(self, event: Any, stream: Any, path: Path, depth: int) -> Mapping:
        made = Mapping(event.start_mark, event.end_mark, {}, bool(event.flow_style))
        merges: list[tuple[Any, Node]] = []
        key_event: Any = event
        while type(key_event := next(stream)) is not MappingEndEvent:
            key = self._node(key_event, stream, path, depth + 1)
            name = key.text if type(key) is Scalar else None
            below = (*path, name) if name is not None and len(name) <= LONGEST_KEY else path
            value_event = next(stream)
            value = self._node(value_event, stream, below, depth + 1)
            if isinstance(key, Scalar) and name == MERGE and key.plain:
                merges.append((value_event, value))
            else:
                self._add(made, key, value, key_event, path)
            made.end_mark = _end(value_event) if type(value_event) is AliasEvent else value.end_mark
        if made.flow:
            made.end_mark = _end(key_event)
        for value_event, value in merges:
            self._merge(made, value, value_event, path)
        return made

    def _add(self, into: Mapping, key: Node, value: Node, event: Any, path: Path) -> None:
        name = key.value if isinstance(key, Scalar) and not isinstance(event, AliasEvent) else None
        if isinstance(key, Scalar) and isinstance(name, str) and len(name) <= LONGEST_KEY and name not in into.entries:
            into.entries[name] = Entry(key, value)
        else:
            self._refuse_key(into, key, event, path)

    def _refuse_key(self, into: Mapping, key: Node, event: Any, path: Path) -> None:
        if isinstance(event, AliasEvent):
            self._complain(Code.KEY_NOT_TEXT, "A key is written out, not taken from an anchor.", path, event, "Write the key.")
        elif not isinstance(key, Scalar) or not isinstance(key.value, str):
            said = shown(key.text) if isinstance(key, Scalar) else "a list or a mapping"
            self._complain(Code.KEY_NOT_TEXT, f"A key is text; this is {said}.", path, event, "Quote it, or remove it.")
        elif len(key.value) > LONGEST_KEY:
            message = f"No key is longer than {LONGEST_KEY} characters; this one has {len(key.value):,}."
            self._complain(Code.OUT_OF_RANGE, message, path, event, "Shorten it; a long text is a value.")
        else:
            first = into.entries[key.value].key.start
            message = f"`{shown(key.value)}` is here twice; the first is on line {first.line}."
            self._complain(Code.DUPLICATE_KEY, message, (*path, key.value), event, "Keep one of the two.")

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
            message = f"`*{shown(event.anchor)}` stands inside what it names."
            raise TooMany(
                self._problem(Code.RECURSIVE_ANCHOR, message, path, event, "Remove it, or name a smaller part with `&`.")
            )
        if event.anchor not in self._anchors:
            name = shown(event.anchor)
            hint = f"Write `&{name}` before the value that is meant, or quote this if it is text."
            self._complain(Code.UNKNOWN_ANCHOR, f"There is no `&{name}` before this.", path, event, hint)
            return Scalar(event.start_mark, event.end_mark, "", True, None)
        node, size = self._anchors[event.anchor]
        self._nodes += size
        self._by_alias += size
        if self._by_alias > MOST_NODES_BY_ALIAS:
            message = f"The aliases of this document stand for more than {MOST_NODES_BY_ALIAS:,} values."
            raise TooMany(self._problem(Code.TOO_MANY_NODES, message, path, event, "Write less with aliases, or split the DAG."))
        return node

    def _refuse_tag(self, event: Any, path: Path) -> None:
        tag = event.tag.replace(_STANDARD_TAGS, "!!", 1) if event.tag.startswith(_STANDARD_TAGS) else event.tag
        message = f"`{shown(tag)}` is a tag; a DAG has none."
        self._complain(Code.TAG_NOT_ALLOWED, message, path, event, "Remove it; quote a value that is meant as text.")

    def _complain(self, code: Code, message: str, path: Path, event: Any, hint: str = "") -> None:
        self.problems.append(self._problem(code, message, path, event, hint))

    def _problem(self, code: Code, message: str, path: Path, event: Any, hint: str = "") -> Problem:
        mark = event.start_mark
        return Problem(code, message, pointer(path), mark.line + 1, mark.column + 1, hint)


def _end(event: Any) -> Mark:
    mark: Mark = event.end_mark
    return mark


def with_lines_of_editors(events: Iterable[Any], text: str) -> Iterable[Any]:
    """The same events, marked by the lines that an editor shows."""
    return _marked_anew(events, text) if any(character in text for character in _ODD_BREAKS) else events


def _marked_anew(events: Iterable[Any], text: str) -> Iterator[Any]:
    starts = [0, *(place + 1 for place, character in enumerate(text) if character == "\n")]
    for event in events:
        event.start_mark, event.end_mark = _mark(event.start_mark.index, starts), _mark(event.end_mark.index, starts)
        yield event


def _mark(index: int, starts: list[int]) -> PlainMark:
    line = bisect_right(starts, index) - 1
    return PlainMark(index, line, index - starts[line])
