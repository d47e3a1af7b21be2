"""What an org has in *data*: a schema, its ledger and its fence, and the roles that see nothing else. Made with its first table."""

from __future__ import annotations

import secrets

from psycopg import Connection, sql

from apps.platform.tables import COMPACTED, FENCE, LEDGER, LOGIN, READING, OrgNames

# The processes that act for an org, each by `SET LOCAL ROLE` in a transaction. Nothing is inherited: without it they see nothing.
WRITERS, READERS = ("trace_sink",), ("trace_query", "trace_web")
# All that the logins of orgs' tasks have beside: to enter the database.
TASKS = "trace_tasks"
_MAY_ENTER = "SELECT current_database(), has_database_privilege(%s, current_database(), 'CONNECT')"
# Says which attempt may write, and tells it how to log in.
DOORKEEPER = "trace_internal"

_HAS_ROLE = "SELECT 1 FROM pg_roles WHERE rolname = %s"
_LEDGER = """
CREATE TABLE IF NOT EXISTS {}.{} (
    batch_id uuid PRIMARY KEY, dataset_id uuid NOT NULL, rows integer NOT NULL, applied_at timestamp with time zone NOT NULL DEFAULT now()
)
"""
# A row for each task that ever wrote the table itself; a later attempt raises it, and then the earlier one writes no more.
_FENCE = """
CREATE TABLE IF NOT EXISTS {}.{} (
    dataset_id uuid, task_id uuid, attempt integer NOT NULL, written_at timestamp with time zone NOT NULL DEFAULT now(),
    PRIMARY KEY (dataset_id, task_id)
)
"""
# A row for each range that was compacted, from the transaction on that deletes the first of its rows: those up to `through` are gone.
_COMPACTED = """
CREATE TABLE IF NOT EXISTS {} (
    dataset_id uuid, range_start bigint, range_end bigint, through bigint NOT NULL, rows bigint NOT NULL DEFAULT 0,
    partition_id uuid NOT NULL, begun_at timestamp with time zone NOT NULL DEFAULT now(), done_at timestamp with time zone,
    PRIMARY KEY (dataset_id, range_start, range_end)
)
"""
# What it opens lies in the same database: whoever could read it here needs it no more.
_LOGIN = "CREATE TABLE IF NOT EXISTS {}.{} (password text NOT NULL)"
# Somebody whose worker lost its network holds no lock for ever.
_IDLE = "ALTER ROLE {} SET idle_in_transaction_session_timeout = '10min'"


def ensure_org(connection: Connection, names: OrgNames) -> None:
    """Idempotent, inside the caller's transaction."""
    # IF NOT EXISTS does not wait for another who makes the same, and roles know no IF NOT EXISTS at all.
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [names.schema])
    schema, ledger = sql.Identifier(names.schema), sql.Identifier(LEDGER)
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
    connection.execute(sql.SQL(_LEDGER).format(schema, ledger))
    for role, members in ((names.writer, WRITERS), (names.reader, READERS)):
        _ensure_role(connection, role, members)
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, sql.Identifier(role)))
    connection.execute(sql.SQL("GRANT SELECT, INSERT ON {}.{} TO {}").format(schema, ledger, sql.Identifier(names.writer)))
    _ensure_fence(connection, names)
    _ensure_compacted(connection, names)
    _ensure_login(connection, names, name=names.login, becomes=names.writer, kept_in=LOGIN)
    _ensure_login(connection, names, name=names.reading, becomes=names.reader, kept_in=READING)


def _ensure_fence(connection: Connection, names: OrgNames) -> None:
    fence = sql.Identifier(names.schema, FENCE)
    connection.execute(sql.SQL(_FENCE).format(sql.Identifier(names.schema), sql.Identifier(FENCE)))
    # To lock the row takes a right to change it; the attempt is not the task's own to say.
    connection.execute(sql.SQL("GRANT SELECT, UPDATE (written_at) ON {} TO {}").format(fence, sql.Identifier(names.writer)))
    if _has_role(connection, DOORKEEPER):
        keeper = sql.Identifier(DOORKEEPER)
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(names.schema), keeper))
        connection.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(fence, keeper))


def _ensure_compacted(connection: Connection, names: OrgNames) -> None:
    """Who reads a table reads in the same moment what went from it to files; who writes a range anew takes it back."""
    compacted = sql.Identifier(names.schema, COMPACTED)
    connection.execute(sql.SQL(_COMPACTED).format(compacted))
    connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(compacted, sql.Identifier(names.reader)))
    connection.execute(sql.SQL("GRANT SELECT, DELETE ON {} TO {}").format(compacted, sql.Identifier(names.writer)))


def _ensure_login(connection: Connection, names: OrgNames, *, name: str, becomes: str, kept_in: str) -> None:
    """Also after the database was restored beside another's roles: the password is the one that is written down."""
    kept, login = sql.Identifier(names.schema, kept_in), sql.Identifier(name)
    connection.execute(sql.SQL(_LOGIN).format(sql.Identifier(names.schema), sql.Identifier(kept_in)))
    found = connection.execute(sql.SQL("SELECT password FROM {}").format(kept)).fetchone()
    password = found[0] if found else secrets.token_urlsafe(32)
    if not found:
        connection.execute(sql.SQL("INSERT INTO {} VALUES (%s)").format(kept), [password])
    if not _has_role(connection, name):
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(login, sql.Literal(password)))
        found = None
    if not found:
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(login, sql.Literal(password)))
        connection.execute(sql.SQL(_IDLE).format(login))
    _ensure_group(connection)
    connection.execute(sql.SQL("GRANT {} TO {} WITH INHERIT TRUE, SET FALSE").format(sql.Identifier(TASKS), login))
    connection.execute(sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(sql.Identifier(becomes), login))
    if _has_role(connection, DOORKEEPER):
        connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(kept, sql.Identifier(DOORKEEPER)))


def _ensure_group(connection: Connection) -> None:
    """Of all orgs: the rights of a database are one row, which two who change it at once break."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [TASKS])
    group = sql.Identifier(TASKS)
    if not _has_role(connection, TASKS):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(group))
    ((database, may_enter),) = connection.execute(_MAY_ENTER, [TASKS]).fetchall()
    if not may_enter:
        connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(sql.Identifier(database), group))


def _has_role(connection: Connection, role: str) -> bool:
    return connection.execute(_HAS_ROLE, [role]).fetchone() is not None


def _ensure_role(connection: Connection, role: str, members: tuple[str, ...]) -> None:
    name = sql.Identifier(role)
    if not _has_role(connection, role):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
    for member in members:
        # A managed database may name fewer.
        if _has_role(connection, member):
            grant = sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(name, sql.Identifier(member))
            connection.execute(grant)
