"""The same document as many people would write it: blocks and braces, quotes, comments, anchors, two or four spaces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from apps.dags.document.scalars import value_of

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-")


def written(document: object, random: Random, *, flow: float = 0.3, anchors: bool = True) -> str:
    """YAML that reads as the document. `flow`: how often a mapping or a list is written in braces."""
    return "\n".join(_Writer(random, flow, anchors=anchors).block(document, 0)) + random.choice(["\n", "", "\n\n"])


@dataclass
class _Writer:
    random: Random
    flow: float
    anchors: bool
    step: int = 2
    comments: int = 0
    anchored: int = 0
    named: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.step = self.random.choice([2, 2, 4])

    def block(self, value: object, indent: int) -> Iterator[str]:
        """Lines of a mapping or a list that stands on lines of its own."""
        pad = " " * indent
        entries = (
            value.items() if isinstance(value, dict) else [(None, item) for item in value] if isinstance(value, list) else []
        )
        for key, item in entries:
            if self._happens(0.08):
                yield f"{pad}{self._comment()}"
            yield from self._entry(f"{pad}{self._scalar(key)}:", item, indent) if key is not None else self._item(item, indent)
            if self._happens(0.04):
                yield ""

    def _entry(self, head: str, value: object, indent: int) -> Iterator[str]:
        if not isinstance(value, dict | list) or not value or self._happens(self.flow):
            yield f"{head} {self._inline(value)}{self._end()}"
            return
        yield f"{head}{self._end()}"
        deeper = indent if isinstance(value, list) and self._happens(0.3) else indent + self.step
        yield from self.block(value, deeper)

    def _item(self, value: object, indent: int) -> Iterator[str]:
        if not isinstance(value, dict) or not value or self._happens(self.flow):
            yield f"{' ' * indent}- {self._inline(value)}{self._end()}"
            return
        lines = list(self.block(value, indent + 2))
        while lines and (not lines[0].strip() or lines[0].lstrip().startswith("#")):
            yield lines.pop(0)
        yield f"{' ' * indent}- {lines[0].lstrip()}"
        yield from lines[1:]

    def _inline(self, value: object) -> str:
        if not isinstance(value, dict | list):
            return self._scalar(value)
        said = json.dumps(value, sort_keys=True)
        if said in self.named and self._happens(0.7):
            return f"*{self.named[said]}"
        braces = self._braces(value)
        if not (self.anchors and value and self._happens(0.15)):
            return braces
        self.anchored += 1
        self.named[said] = f"a{self.anchored}"
        return f"&{self.named[said]} {braces}"

    def _braces(self, value: dict[str, Any] | list[Any]) -> str:
        if isinstance(value, list):
            return f"[{', '.join(map(self._inline, value))}]"
        inner = ", ".join(f"{self._scalar(key)}: {self._inline(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"

    def _scalar(self, value: object) -> str:
        if not isinstance(value, str):
            return self.random.choice(["~", "null"]) if value is None else json.dumps(value)
        choices = [
            json.dumps(value, ensure_ascii=self._happens(0.5)) if value.isascii() else json.dumps(value, ensure_ascii=False)
        ]
        if value.isprintable():
            choices.append("'" + value.replace("'", "''") + "'")
        if value and set(value) <= _PLAIN and value[0].isalpha() and value_of(value) == value:
            choices += [value] * 6
        return self.random.choice(choices)

    def _end(self) -> str:
        return f"  {self._comment()}" if self._happens(0.1) else ""

    def _comment(self) -> str:
        self.comments += 1
        return f"# comment {self.comments}."

    def _happens(self, share: float) -> bool:
        return self.random.random() < share


def reordered(value: Any, random: Random) -> Any:
    """Keys of mappings in another order; lists stay."""
    if isinstance(value, list):
        return [reordered(item, random) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: reordered(value[key], random) for key in random.sample(list(value), len(value))}
