"""Rows of hand-written SQL by the names of their columns, with JSON read."""

from __future__ import annotations

import json
from collections import namedtuple
from functools import lru_cache
from typing import Any

from django.db.backends.utils import CursorWrapper

_JSONB = 3802


@lru_cache(maxsize=256)
def _kind(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)  # noqa: PYI024  the columns are the query's to say


def rows(cursor: CursorWrapper) -> list[Any]:
    """Django leaves jsonb undecoded on raw cursors: its JSONField wants to choose the decoder."""
    columns = cursor.description or ()
    kind = _kind(tuple(column.name for column in columns))
    decoded = [number for number, column in enumerate(columns) if column.type_code == _JSONB]
    if not decoded:
        return [kind(*row) for row in cursor.fetchall()]
    return [kind(*_decoded(row, decoded)) for row in cursor.fetchall()]


def _decoded(row: tuple[Any, ...], numbers: list[int]) -> list[Any]:
    values = list(row)
    for number in numbers:
        if values[number] is not None:
            values[number] = json.loads(values[number])
    return values
