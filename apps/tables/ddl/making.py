"""CREATE and ALTER: the statements, and the order in which they are safe."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from psycopg import Connection, sql

from apps.platform.tables import KINDS, TRUSTED, Column, OrgNames, Shape, index_name, table_name, unique_name
from apps.tables.ddl.comparing import Widening

# Rows come and are replaced all the time: cleaned up long before a fifth of a large table is dead.
_STORAGE = """
WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02)
"""


class TableMaker:
    """Of one dataset, on one connection."""

    def __init__(self, connection: Connection, org: OrgNames, dataset_id: UUID) -> None:
        self._connection, self._org, self._id = connection, org, dataset_id
        self._table = sql.Identifier(org.schema, table_name(dataset_id))

    def create(self, shape: Shape) -> None:
        """Inside the caller's transaction: whole, or not at all."""
        trusted = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(words)) for name, words in TRUSTED.items()]
        columns = sql.SQL(", ").join([*(_defined(column) for column in shape.columns), *trusted])
        self._run("CREATE TABLE {} ({}) " + _STORAGE, self._table, columns)
        if shape.unique:
            name = sql.Identifier(unique_name(self._id))
            self._run("CREATE UNIQUE INDEX {} ON {} ({})", name, self._table, _names(shape.unique))
        for columns_of_one in shape.indexes:
            self._run("CREATE INDEX {} ON {} ({})", self._index(columns_of_one), self._table, _names(columns_of_one))
        self._run("GRANT SELECT ON {} TO {}", self._table, sql.Identifier(self._org.reader))
        self._run("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}", self._table, sql.Identifier(self._org.writer))
        self._note(shape)

    def alter(self, widening: Widening) -> None:
        """None of these reads the table, so each is done in a moment once it has the lock."""
        for column in widening.add:
            self._run("ALTER TABLE {} ADD COLUMN {}", self._table, _named(column))
            if held := _held(column):
                # NOT VALID: the rows that are there have no value of it, and need not be read to know that.
                self._run("ALTER TABLE {} ADD {} NOT VALID", self._table, held)
        for name in widening.let_be_missing:
            self._run("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL", self._table, sql.Identifier(name))
        for columns in widening.unindex:
            self._run("DROP INDEX IF EXISTS {}", sql.Identifier(self._org.schema, index_name(self._id, columns)))
        self._note(widening.becomes)

    def index(self, columns: Sequence[str]) -> None:
        """Of a table that is written meanwhile; outside any transaction. What an earlier try left half done is thrown away."""
        self._run("DROP INDEX CONCURRENTLY IF EXISTS {}", sql.Identifier(self._org.schema, index_name(self._id, columns)))
        self._run("CREATE INDEX CONCURRENTLY {} ON {} ({})", self._index(columns), self._table, _names(columns))

    def _note(self, shape: Shape) -> None:
        self._run("COMMENT ON TABLE {} IS {}", self._table, sql.Literal(json.dumps(shape.to_json())))

    def _index(self, columns: Sequence[str]) -> sql.Identifier:
        return sql.Identifier(index_name(self._id, columns))

    def _run(self, statement: str, *parts: sql.Composable) -> None:
        self._connection.execute(sql.SQL(statement).format(*parts))


def _defined(column: Column) -> sql.Composable:
    held = _held(column)
    return sql.SQL("{} {}").format(_named(column), held) if held else _named(column)


def _named(column: Column) -> sql.Composable:
    words = sql.SQL(KINDS[column.type].sql + ("" if column.nullable else " NOT NULL"))
    return sql.SQL("{} {}").format(sql.Identifier(column.name), words)


def _held(column: Column) -> sql.Composable | None:
    """Called as its column, so that what it refuses is told by the column."""
    check, name = KINDS[column.type].check, sql.Identifier(column.name)
    if not check:
        return None
    return sql.SQL("CONSTRAINT {} CHECK ({})").format(name, sql.SQL(check).format(*[name] * check.count("{}")))


def _names(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(name) for name in columns)
