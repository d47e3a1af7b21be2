"""The tables of the queue and the rights on them. Run by the owner of the database, at every start."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import psycopg
from psycopg import sql

_SCHEMA = Path(__file__).with_name("schema.sql")
# Working a queue: publish, receive, acknowledge, bury. Not: make tables, empty them, or see another schema.
_WORK = "GRANT SELECT, INSERT, UPDATE, DELETE ON queue.message, queue.dead_letter TO {}"
_WATCH = "GRANT SELECT ON queue.message, queue.dead_letter TO {}"
# Whoever has a right now, named below or not.
_HOLDERS = """
SELECT DISTINCT grantee FROM information_schema.role_table_grants WHERE table_schema = 'queue' AND grantee <> current_user
"""


def lay_out(dsn: str, *, workers: Iterable[str], watchers: Iterable[str] = ()) -> None:
    """Idempotent. Roles that do not exist are passed over."""
    with psycopg.connect(dsn) as connection:
        # IF NOT EXISTS does not wait for another who makes the same.
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('trace/lay-out', 0))")
        connection.execute(sql.SQL(_SCHEMA.read_text()))
        existing = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        for role in {name for (name,) in connection.execute(_HOLDERS)}:
            connection.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA queue FROM {}").format(sql.Identifier(role)))
        for statement, roles in ((_WORK, workers), (_WATCH, watchers)):
            for role in existing.intersection(roles):
                name = sql.Identifier(role)
                connection.execute(sql.SQL("GRANT USAGE ON SCHEMA queue TO {}").format(name))
                connection.execute(sql.SQL(statement).format(name))
