"""Rows are received in a temporary table, and put from there into the org's: what is wrong with them is known before it is touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from psycopg import sql

from apps.platform.tables import BATCH, JOB, KINDS, RETRACTED, TASK, TRUSTED, WRITTEN, table_name
from operators.sdk.rows.columns import Column
from workers.tables.answers import Drifted
from workers.tables.target import Target

if TYPE_CHECKING:
    import pyarrow as pa

RECEIVED = sql.Identifier("pg_temp", "batch")
_COPY_BYTES = 1024 * 1024
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull AND NOT a.atthasdef FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
"""


class Staging:
    """Of one transaction."""

    def __init__(self, connection: psycopg.Connection, target: Target) -> None:
        self._connection, self._target = connection, target

    def check_table(self) -> None:
        """Raises Drifted."""
        found = self._connection.execute(_COLUMNS, [self._target.org.schema, table_name(self._target.dataset_id)]).fetchall()
        there = {name: kind for name, kind, _ in found}
        if not there:
            raise Drifted("the table is gone")
        for column in self._target.columns:
            if there.get(column.name) != KINDS[column.type].sql:
                raise Drifted(f"the column `{column.name}` is {there.get(column.name, 'gone')}, not {KINDS[column.type].sql}")
        ours = {column.name for column in self._target.columns} | TRUSTED.keys()
        if wanting := [name for name, _, is_needed in found if is_needed and name not in ours]:
            raise Drifted(f"the column `{wanting[0]}` must not be NULL, and no row has it")

    def become(self, role: str | None) -> None:
        name = sql.Identifier(role) if role else sql.SQL("NONE")
        self._connection.execute(sql.SQL("SET LOCAL ROLE {}").format(name))

    def receive(self, parts: Iterable[pa.Table]) -> int:
        """How many rows there are. They arrive as the caller's own, where no right of the org is needed."""
        columns = sql.SQL(", ").join(_column(column) for column in self._target.columns)
        self._connection.execute(sql.SQL("CREATE TEMPORARY TABLE batch ({}) ON COMMIT DROP").format(columns))
        self._connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(RECEIVED, sql.Identifier(self._target.org.writer)))
        rows = 0
        with self._connection.cursor().copy(sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(RECEIVED)) as copy:
            for part in parts:
                rows += part.num_rows
                body = as_csv(part)
                for at in range(0, len(body), _COPY_BYTES):
                    copy.write(body[at : at + _COPY_BYTES])
        return rows

    def put(self, order: UUID, *, may_come_late: bool = False) -> None:
        """As the org's writer. `order`: later ones stay; where rows may come late, what is newer is left alone."""
        try:
            with self._connection.transaction():
                self._insert(sql.SQL("SELECT * FROM {}").format(RECEIVED), order, may_come_late)
        except psycopg.errors.CardinalityViolation:
            # A key stands among them twice, and the last one counts: sorted only where it must be.
            key = names(self._target.unique)
            last = sql.SQL("SELECT DISTINCT ON ({}) * FROM {} ORDER BY {}, ctid DESC").format(key, RECEIVED, key)
            self._insert(last, order, may_come_late)

    def _insert(self, source: sql.Composable, order: UUID, may_come_late: bool) -> None:
        statement = sql.SQL("INSERT INTO {} AS t ({}, {}) SELECT {}, %s, %s, %s FROM ({}) AS b {}").format(
            self._target.table, self._names, names([BATCH, TASK, JOB]), self._names, source, self._on_conflict(may_come_late)
        )
        self._connection.execute(statement, [order, self._target.task_id, self._target.job_id])

    @property
    def _names(self) -> sql.Composable:
        return names([column.name for column in self._target.columns])

    def _on_conflict(self, may_come_late: bool) -> sql.Composable:
        if not self._target.unique:
            return sql.SQL("")
        key = names(self._target.unique)
        if not self._target.replaces:
            return sql.SQL("ON CONFLICT ({}) DO NOTHING").format(key)
        others = [column.name for column in self._target.columns if column.name not in self._target.unique]
        said = [
            sql.SQL("{} = excluded.{}").format(sql.Identifier(name), sql.Identifier(name)) for name in (*others, BATCH, TASK, JOB)
        ]
        said += [sql.SQL("{} = now()").format(sql.Identifier(WRITTEN)), sql.SQL("{} = NULL").format(sql.Identifier(RETRACTED))]
        newer = sql.SQL("WHERE t.{} <= excluded.{}").format(sql.Identifier(BATCH), sql.Identifier(BATCH))
        return sql.SQL("ON CONFLICT ({}) DO UPDATE SET {} {}").format(
            key, sql.SQL(", ").join(said), newer if may_come_late else sql.SQL("")
        )


def names(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(name) for name in columns)


def _column(column: Column) -> sql.Composable:
    return sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(KINDS[column.type].sql))


def as_csv(rows: pa.Table) -> memoryview:
    """No quotes: a missing value. Quotes: what is between them, which may be nothing."""
    from pyarrow import csv  # noqa: PLC0415  pyarrow is imported where rows are there

    packed = BytesIO()
    csv.write_csv(rows, packed, csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    return packed.getbuffer()
