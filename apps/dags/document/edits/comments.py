"""Which comment lines are about an entry of a block list: those right above its dash, and those below it that stand deeper than the dash."""

from __future__ import annotations

from apps.dags.document.edits.changes import line_end, line_start


def comments_above(text: str, at: int, *, limit: int, column: int) -> int:
    """`at`: the start of the line of the dash. What stands deeper is about the entry before; an empty line ends the block."""
    while at > limit:
        above = line_start(text, at - 1)
        indent = _indent_of_comment(text, above)
        if above < limit or indent is None or indent > column:
            break
        at = above
    return at


def comments_below(text: str, at: int, *, column: int) -> int:
    """`at`: the start of the first line behind the entry."""
    while (indent := _indent_of_comment(text, at)) is not None and indent > column:
        at = line_end(text, at)
    return at


def _indent_of_comment(text: str, at: int) -> int | None:
    """None where the line is no comment."""
    line = text[at : line_end(text, at)]
    bare = line.lstrip(" ")
    return len(line) - len(bare) if bare.startswith("#") else None
