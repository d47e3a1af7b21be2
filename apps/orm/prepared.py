"""Statements that run at every hop of a task: parsed and planned once per connection, not once per call.

The ORM's own are bound on this side and never prepared (`prepare_threshold` counts those of this cursor only). To plan one of
the dispatcher's statements takes three to ten times as long as to run it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper

# How long plans are kept; at first much less, and then twice as long each time. Made while a table was nearly empty they take any
# index for as good as another, and nothing tells Postgres that it has grown. With that, a table that grows steadily has at most
# doubled since.
_FIRST_SECONDS, _LONGEST_SECONDS = 0.5, 60.0
_ages: WeakKeyDictionary[psycopg.Connection, _Age] = WeakKeyDictionary()


class _Age:
    """Of the plans of one connection."""

    def __init__(self) -> None:
        self.keep_seconds = _FIRST_SECONDS
        self.until = time.monotonic() + self.keep_seconds

    def is_over(self) -> bool:
        now = time.monotonic()
        if now < self.until:
            return False
        self.keep_seconds = min(2 * self.keep_seconds, _LONGEST_SECONDS)
        self.until = now + self.keep_seconds
        return True


def _age_of(raw: psycopg.Connection) -> _Age:
    if raw not in _ages:
        _ages[raw] = _Age()
    return _ages[raw]


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """As `connection.cursor()` of *state*: errors are Django's, and a broken transaction is refused."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    raw = cast("psycopg.Connection", connection.connection)
    with connection.wrap_database_errors:
        cursor = cast("CursorWrapper", psycopg.Cursor(raw))
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(cursor) as wrapped:
        if _age_of(raw).is_over():
            wrapped.execute("DISCARD PLANS")
        yield wrapped
