"""The newest rows of a table in *data*, read as the org's reader, who sees nothing else, and within a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from apps.console.preview.cells import LONGEST
from apps.console.preview.shown import MOST_COLUMNS, Rows, Unread
from apps.platform.tables import RETRACTED, Column, OrgNames, Shape, table_name
from apps.tables.models import HotTable

_CONNECT_SECONDS, _MOST_SECONDS = 2, 3
_BYTES = frozenset({"bytes", "address", "hash"})
# What is longer is cut by the server: a value of a gigabyte never comes here. One character more says that it was.
_TEXT = "left({}::text, {})"
_HEX = "left('0x' || encode(substring({} FROM 1 FOR {}), 'hex'), {})"
_INSTANT = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


def newest_rows(table: HotTable, *, dsn: str, leave_out: frozenset[str], limit: int) -> Rows:
    """The highest by its key, which has an index; of a table without a key, as they lie. `leave_out` is not read at all."""
    shape = Shape.parse(table.built or table.wanted)
    columns = list(shape.columns)[:MOST_COLUMNS]
    statement = _select(table, shape, [one for one in columns if one.name.lower() not in leave_out], limit)
    with _as_reader(dsn, OrgNames(table.org_id)) as connection:
        found = connection.execute(statement).fetchall()
    read = [one.name for one in columns if one.name.lower() not in leave_out]
    named = [dict(zip(read, row, strict=False)) for row in found]
    rows = [[row.get(one.name) for one in columns] for row in named]
    return Rows([(one.name, one.type) for one in columns], rows, len(shape.columns) - len(columns))


def _select(table: HotTable, shape: Shape, columns: list[Column], limit: int) -> sql.Composed:
    order = sql.SQL(", ").join(sql.SQL("{} DESC").format(sql.Identifier(name)) for name in shape.unique)
    return sql.SQL("SELECT {} FROM {} WHERE {} IS NULL {} LIMIT {}").format(
        sql.SQL(", ").join([_told(one) for one in columns] or [sql.SQL("NULL")]),
        sql.Identifier(OrgNames(table.org_id).schema, table_name(table.pk)), sql.Identifier(RETRACTED),
        sql.SQL("ORDER BY {}").format(order) if shape.unique else sql.SQL(""), sql.Literal(limit),
    )  # fmt: skip


def _told(column: Column) -> sql.Composable:
    name = sql.Identifier(column.name)
    if column.type == "timestamp":
        return sql.SQL(_INSTANT).format(name)
    if column.type in _BYTES:
        return sql.SQL(_HEX).format(name, sql.Literal(LONGEST // 2), sql.Literal(LONGEST + 1))
    return sql.SQL(_TEXT).format(name, sql.Literal(LONGEST + 1))


@contextmanager
def _as_reader(dsn: str, org: OrgNames) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection of its own: one that waits for a slow table must not be missing to the pages."""
    try:
        with psycopg.connect(dsn, connect_timeout=_CONNECT_SECONDS, application_name="trace preview") as connection:
            connection.read_only = True
            connection.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(f"{_MOST_SECONDS}s")))
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(org.reader)))
            yield connection
    except psycopg.errors.QueryCanceled:
        raise Unread(f"Its newest rows could not be found within {_MOST_SECONDS} seconds.") from None
    except psycopg.errors.InsufficientPrivilege:
        raise Unread("Its table is not open to previews yet. Look again in a minute.") from None
    except psycopg.OperationalError as error:
        raise Unread("The database with its rows does not answer. Try again in a moment.") from error
    except psycopg.DatabaseError as error:
        raise Unread(f"Its table is not there, or not what it should be: {str(error).splitlines()[0]}.") from error
