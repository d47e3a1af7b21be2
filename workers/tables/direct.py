"""Rows that a task writes itself. They are received first, however long that takes; then its attempt is checked under the lock of
the fence, and what was received is put into the table in the same transaction. A later attempt raises the fence before it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from psycopg import sql

from apps.platform.tables import BLOCK_KEY, COMPACTED, FENCE
from workers.tables.answers import BadValue, answering
from workers.tables.staging import RECEIVED, Staging
from workers.tables.target import Target

if TYPE_CHECKING:
    import pyarrow as pa

Key = int | str
_MINE = "SELECT 1 FROM {} WHERE dataset_id = %s AND task_id = %s AND attempt = %s"
# Waits for whoever raises it, and then sees what became of it.
HOLD = "UPDATE {} SET written_at = now() WHERE dataset_id = %s AND task_id = %s AND attempt = %s"
_OUTSIDE = (
    "SELECT n FROM (SELECT {key}, row_number() OVER () AS n FROM {rows}) AS r WHERE ({key} BETWEEN %s AND %s) IS NOT TRUE LIMIT 1"
)
_MOVED = "SELECT range_start, range_end FROM {} WHERE dataset_id = %s AND range_start <= %s AND range_end >= %s ORDER BY 1, 2"
_DELETE = "DELETE FROM {table} WHERE {key} BETWEEN %(low)s AND %(high)s"
_DELETE_BLOCKS = """
WITH back AS (DELETE FROM {ledger} WHERE dataset_id = %(id)s AND range_start >= %(low)s AND range_end <= %(high)s)
DELETE FROM {table} WHERE {key} BETWEEN %(low)s AND %(high)s
"""


class Overtaken(Exception):
    """Another attempt of the task may write the table, and this one no more."""


class DirectWriter:
    """On one connection, opened with the first write and anew after it broke."""

    def __init__(self, dsn: str, target: Target, attempt: int) -> None:
        self.target = target
        self._dsn, self.attempt = dsn, attempt
        self._open: psycopg.Connection | None = None

    def close(self) -> None:
        if self._open:
            self._open.close()
        self._open = None

    def upsert(self, parts: Iterator[pa.Table]) -> int:
        """Raises BadValue, Drifted, Transient, Overtaken; then nothing is written. What `parts` raises goes through."""
        return self._write(parts)

    def replace(self, parts: Iterator[pa.Table], *, key: str, low: Key, high: Key) -> int:
        """Raises as `upsert` does."""

        def clear(connection: psycopg.Connection) -> None:
            statement = sql.SQL(_OUTSIDE).format(key=sql.Identifier(key), rows=RECEIVED)
            if found := connection.execute(statement, [str(low), str(high)]).fetchone():
                raise BadValue(int(found[0]), key, f"is not within {low} to {high}, which is replaced: split the rows")
            delete(connection, self.target, key, low, high)

        return self._write(parts, clear)

    def moved(self, low: int, high: int) -> list[tuple[int, int]]:
        """Ranges that meet it and whose rows, or some of them, were deleted since they lie in files."""
        ledger = sql.Identifier(self.target.org.schema, COMPACTED)
        with answering(), self.connection().transaction():
            self.connection().execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(self.target.org.writer)))
            found = self.connection().execute(sql.SQL(_MOVED).format(ledger), [self.target.dataset_id, high, low]).fetchall()
            return [(int(start), int(end)) for start, end in found]

    def newest(self, columns: Sequence[str], *, key: str, count: int) -> list[tuple[Any, ...]]:
        """Raises Drifted and Transient."""
        statement = sql.SQL("SELECT {} FROM {} ORDER BY {} DESC LIMIT %s").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), self.target.table, sql.Identifier(key)
        )
        with answering(), self.connection().transaction():
            self.connection().execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(self.target.org.writer)))
            return self.connection().execute(statement, [count]).fetchall()

    def _write(self, parts: Iterator[pa.Table], clear: Callable[[psycopg.Connection], None] | None = None) -> int:
        with answering(), self.connection().transaction():
            connection = self.connection()
            staging = Staging(connection, self.target)
            staging.check_table()
            # Before the work of receiving rows that count no more.
            staging.become(self.target.org.writer)
            self._must_be_mine(connection, _MINE)
            staging.become(None)
            rows = staging.receive(parts)
            staging.become(self.target.org.writer)
            self._must_be_mine(connection, HOLD)
            if clear:
                clear(connection)
            staging.put(order_of(connection))
            return rows

    def _must_be_mine(self, connection: psycopg.Connection, statement: str) -> None:
        fence = sql.Identifier(self.target.org.schema, FENCE)
        ids = [self.target.dataset_id, self.target.task_id, self.attempt]
        if not connection.execute(sql.SQL(statement).format(fence), ids).rowcount:
            raise Overtaken

    def connection(self) -> psycopg.Connection:
        if self._open is None or self._open.closed or self._open.broken:
            self._open = psycopg.connect(self._dsn, autocommit=True, connect_timeout=5, application_name="trace-task")
            self._open.execute("SET lock_timeout = '30s'")
        return self._open


def delete(connection: psycopg.Connection, target: Target, key: str, low: Key, high: Key) -> None:
    """All rows of that range. What of it was compacted, and deleted since, is the table's again: whoever replaces it brings it back."""
    statement = _DELETE_BLOCKS if key == BLOCK_KEY else _DELETE
    connection.execute(
        sql.SQL(statement).format(
            table=target.table, key=sql.Identifier(key), ledger=sql.Identifier(target.org.schema, COMPACTED)
        ),
        {"low": str(low), "high": str(high), "id": target.dataset_id},
    )


def order_of(connection: psycopg.Connection) -> UUID:
    """By the clock of the database, as those of batches."""
    (made,) = connection.execute("SELECT uuidv7()").fetchall()
    return UUID(str(made[0]))
