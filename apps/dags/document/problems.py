"""What is wrong with a document, said so that its author can put it right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from apps.dags.document.codes import Code

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Position:
    """Where a character stands: lines and columns from 1, in characters; `offset` from 0."""

    line: int
    column: int
    offset: int


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
    near = get_close_matches(given[:100], list(known), n=1, cutoff=0.6)
    return f"Did you mean `{near[0]}`?" if near else otherwise


def listed(names: Iterable[str], *, most: int = 12) -> str:
    """`a`, `b` and 3 more."""
    every = sorted(names)
    words = ", ".join(f"`{name}`" for name in every[:most])
    return f"{words} and {len(every) - most} more" if len(every) > most else words


def shown(value: object) -> str:
    """Somebody's value inside our sentence: short, and never a line break."""
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:57]}…"
