"""Documents to start from: whole, valid, and explained in their own comments. The first line is the title, the second says what for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from apps.platform.errors import NotFound

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Starter:
    key: str
    title: str
    summary: str
    text: str


@cache
def all_starters() -> tuple[Starter, ...]:
    """In the order of their file names."""
    return tuple(_starter(file) for file in sorted(_FOLDER.glob("*.yaml")))


def text_of(key: str) -> str:
    found = next((starter for starter in all_starters() if starter.key == key), None)
    if found is None:
        raise NotFound("There is no such template. Choose one from the list.", code="unknown_template")
    return found.text


def _starter(file: Path) -> Starter:
    title, summary, text = file.read_text(encoding="utf-8").split("\n", 2)
    return Starter(file.stem.partition("_")[2], title.lstrip("# "), summary.lstrip("# "), text.lstrip("\n"))
