"""Statements that run at every hop of a task: parsed and planned once per connection, not once per call.

The ORM's own are bound on this side and never prepared (`prepare_threshold` counts those of this cursor only). To plan one of
the dispatcher's statements takes three to ten times as long as to run it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """As `connection.cursor()` of *state*: errors are Django's, and a broken transaction is refused."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = cast("CursorWrapper", Cursor(connection.connection))
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(cursor) as wrapped:
        yield wrapped
