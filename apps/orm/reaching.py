from __future__ import annotations

from django.db import connections


def ask(alias: str) -> None:
    """Raises unless the database answers."""
    connection = connections[alias]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        # Outside a request nobody else gives the connection back to the pool.
        if not connection.in_atomic_block:
            connection.close()
