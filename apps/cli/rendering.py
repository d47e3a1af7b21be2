"""Text for terminals: what comes from elsewhere is made harmless, widths are counted, colours are put on."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_RED, _GREEN, _YELLOW, _BLUE, _BOLD, _DIM = "31", "32", "33", "36", "1", "2"
# More of a line than this says nothing to somebody who looks for a column of it.
_MOST = 160


@dataclass(frozen=True)
class Paint:
    is_on: bool

    def red(self, text: str) -> str:
        return self._in(_RED, text)

    def green(self, text: str) -> str:
        return self._in(_GREEN, text)

    def yellow(self, text: str) -> str:
        return self._in(_YELLOW, text)

    def blue(self, text: str) -> str:
        return self._in(_BLUE, text)

    def bold(self, text: str) -> str:
        return self._in(_BOLD, text)

    def dim(self, text: str) -> str:
        return self._in(_DIM, text)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.is_on and text else text


def plain(text: str) -> str:
    """Without what a terminal would obey: a document or a server could hold an escape sequence. Tabs and line breaks stay."""
    return "".join(
        character if character in "\t\n" or unicodedata.category(character) not in {"Cc", "Cf"} else "\ufffd"
        for character in text
    )


def width(text: str) -> int:
    """In cells of a terminal."""
    return sum(_cells(character) for character in text)


def excerpt(line: str, column: int) -> tuple[str, str]:
    """The line and, below it, a caret under the column. `column`: from 1, in characters; just behind the end is a place too."""
    at = min(max(column - 1, 0), len(line))
    start = max(0, at - _MOST // 2) if len(line) > _MOST else 0
    shown = plain(line[start : start + _MOST])
    before = plain(line[start:at])
    head, tail = "…" * (start > 0), "…" * (start + _MOST < len(line))
    # A tab below a tab is as wide, wherever the terminal has its stops.
    pad = "".join("\t" if character == "\t" else " " * _cells(character) for character in head + before)
    return f"{head}{shown}{tail}".rstrip(), f"{pad}^"


def table(head: Sequence[str], rows: Sequence[Sequence[object]], paint: Paint) -> list[str]:
    cells = [[plain("—" if cell in {None, ""} else str(cell)) for cell in row] for row in rows]
    widths = [max(width(cell) for cell in column) for column in zip(head, *cells, strict=True)]
    lines = [_row(head, widths), *(_row(row, widths) for row in cells)]
    return [paint.dim(lines[0]), *lines[1:]]


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(cells, widths, strict=True)).rstrip()


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
