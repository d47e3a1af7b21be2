"""Questions that nobody waits for longer than a moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import OperationalError, connection, transaction

from apps.platform.errors import Invalid


@contextmanager
def bounded(seconds: float, words: str) -> Iterator[None]:
    """Each statement inside has that long; then `words` are what the asker reads."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{int(seconds * 1000)}ms"])
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise Invalid(words, code="took_too_long") from error
        raise
