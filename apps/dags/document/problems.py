"""What is wrong with a document, said so that its author can put it right."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from heapq import nsmallest
from itertools import islice
from typing import NamedTuple

from apps.dags.document.codes import Code

Path = tuple[str | int, ...]
# Somebody who sends garbage is not answered with a longer list than a person can read.
MOST_PROBLEMS = 500
# Names that are compared with a wrong one: comparing costs, and a document has thousands.
_MOST_COMPARED = 100


class Position(NamedTuple):
    """Where a character stands: lines and columns from 1, in characters; `offset` from 0."""

    line: int
    column: int
    offset: int


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """As editors count: a line ends with a line feed, whatever else YAML 1.1 calls a break."""
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


@dataclass(frozen=True)
class Problem:
    code: Code
    message: str
    path: str
    line: int
    column: int
    hint: str = ""


@dataclass(frozen=True)
class Complaint:
    """A problem of which a rule knows the place in the document, not yet in the text. `key`: the key is meant, not its value."""

    code: Code
    message: str
    at: Path
    hint: str = ""
    key: bool = False


def pointer(path: Path) -> str:
    """As RFC 6901 writes it; the whole document is the empty string."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def did_you_mean(given: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """The nearest of the known names, else the words given."""
    near = get_close_matches(given[:100], _alike(given, list(known)), n=1, cutoff=0.6)
    return f"Did you mean `{near[0]}`?" if near else otherwise


def _alike(given: str, known: list[str]) -> list[str]:
    """Of many names those that begin or end as the given one does."""
    if len(known) <= _MOST_COMPARED:
        return known
    return list(islice((name for name in known if name[:2] == given[:2] or name[-3:] == given[-3:]), _MOST_COMPARED))


def listed(names: Collection[str], *, most: int = 12) -> str:
    """`a`, `b` and 3 more."""
    words = ", ".join(f"`{name}`" for name in nsmallest(most, names))
    return f"{words} and {len(names) - most} more" if len(names) > most else words


def shown(value: object, *, most: int = 60) -> str:
    """Somebody's value inside our sentence: short, and never a line break."""
    text = " ".join(str(value)[: 4 * most].split())
    return text if len(text) <= most else f"{text[: most - 3]}…"
