"""Where in the text a dataset is named. The tree says where it begins; where it ends, the tokens say."""

from __future__ import annotations

from apps.platform.sql.text import Text

_BEFORE_BARE_NAMES = frozenset({"describe", "desc", "show", "summarize", "table"})


def name_span(text: Text, offset: int, parts: int) -> tuple[int, int] | None:
    """Of identifiers with points between; None where something else stands there, such as a string."""
    index = text.at(offset)
    if index is None:
        return None
    end = text.identifier_end(index)
    for _ in range(parts - 1):
        if end is None or text.data[text.starts[index + 1] : text.starts[index + 1] + 1] != b".":
            return None
        index += 2
        end = text.identifier_end(index)
    return None if end is None else (offset, end)


def at_span(text: Text, offset: int) -> tuple[int, int] | None:
    """Of `AT (VERSION => 3)`, whose number begins at `offset`."""
    number = text.at(offset)
    if number is None or number < 4 or number + 1 >= len(text.starts):
        return None
    unit = (text.word(number - 4), _first(text, number - 3), text.word(number - 2), text.sign(number - 1)[:2])
    if unit != ("at", "(", "version", "=>") or _first(text, number + 1) != ")":
        return None
    return text.starts[number - 4], text.starts[number + 1] + 1


def takes_no_alias(text: Text, offset: int) -> bool:
    index = text.at(offset)
    return index is not None and text.word(index - 1) in _BEFORE_BARE_NAMES


def _first(text: Text, index: int) -> str:
    return text.sign(index)[:1]
