"""Databases and login roles of the one-machine stack: one role per process, and which databases it may enter at all.

What a role may do inside a database is granted by `manage.py prepare`, the same on AWS.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

OWNER = "trace_owner"
STATE, DATA, QUEUE = "trace_state", "trace_data", "trace_queue"
DATABASES = (STATE, DATA, QUEUE)


@dataclass(frozen=True)
class Role:
    name: str
    enters: frozenset[str]
    read_only: bool = False
    # Makes the schemas, roles and tables of orgs in *data*, and can change those that it made itself and no others.
    makes_tables: bool = False


ROLES = (
    Role(OWNER, frozenset(DATABASES)),
    Role("trace_web", frozenset({STATE, DATA, QUEUE})),
    Role("trace_internal", frozenset({STATE, DATA})),
    Role("trace_dispatcher", frozenset(DATABASES)),
    Role("trace_beat", frozenset({STATE})),
    Role("trace_worker", frozenset({QUEUE})),
    # Entered by the dispatcher alone, for that and nothing else.
    Role("trace_tables", frozenset({DATA}), makes_tables=True),
    # Has no right in *data* but to become the writer of one org at a time.
    Role("trace_sink", frozenset({DATA, QUEUE})),
    Role("trace_query", frozenset({DATA}), read_only=True),
)
ROLE_NAMES = tuple(role.name for role in ROLES)


def provision(superuser_dsn: str, passwords: dict[str, str]) -> None:
    """Idempotent: roles with today's passwords, databases, and the right to enter."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        for role in ROLES:
            _ensure_role(connection, role, passwords[role.name])
        for database in DATABASES:
            _ensure_database(connection, database)


def _ensure_role(connection: psycopg.Connection, role: Role, password: str) -> None:
    name, secret = sql.Identifier(role.name), sql.Literal(password)
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role.name]).fetchone()
    verb = sql.SQL("ALTER" if exists else "CREATE")
    roles = sql.SQL("CREATEROLE" if role.makes_tables else "NOCREATEROLE")
    connection.execute(sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB {} PASSWORD {}").format(verb, name, roles, secret))
    read_only = sql.SQL("on" if role.read_only else "off")
    connection.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = {}").format(name, read_only))


def _ensure_database(connection: psycopg.Connection, database: str) -> None:
    name = sql.Identifier(database)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(OWNER)))
    # Everybody may enter every database unless told otherwise.
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role in ROLES:
        verb = "GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}" if database in role.enters else "REVOKE ALL ON DATABASE {} FROM {}"
        if role.name != OWNER:
            connection.execute(sql.SQL(verb).format(name, sql.Identifier(role.name)))
        if role.makes_tables and database in role.enters:
            # The logins of orgs' tasks, which it makes, enter it by way of a group that is its own.
            connection.execute(
                sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {} WITH GRANT OPTION").format(name, sql.Identifier(role.name))
            )
            connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(name, sql.Identifier(role.name)))
