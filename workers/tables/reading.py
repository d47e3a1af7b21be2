"""Rows of tables of an org, read by a task as the org's reader: all of one moment, and no more than a batch in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from psycopg import sql

from apps.platform.errors import Transient
from apps.platform.tables import COMPACTED, RETRACTED, OrgNames, table_name
from workers.tables.answers import first_line
from workers.tables.columns import copied, rows_of, schema_of

if TYPE_CHECKING:
    import pyarrow as pa

    from workers.tables.target import TargetColumn

# Of a batch. Counted in what arrives, so that the same rows are the same batches.
BATCH_ROWS, BATCH_BYTES = 65_536, 16 * 1024 * 1024

Span = tuple[int, int]
_IS_LIVE = sql.SQL("{} IS NULL").format(sql.Identifier(RETRACTED))
_BETWEEN = "{} BETWEEN {} AND {}"


class Snapshots:
    """Of one task: of each login one connection, in one transaction that sees what was there at its first question."""

    def __init__(self) -> None:
        self._closing = ExitStack()
        self._open: dict[str, psycopg.Connection] = {}

    def connection(self, dsn: str, org: OrgNames) -> psycopg.Connection:
        if dsn not in self._open:
            with answering():
                connection = psycopg.connect(dsn, autocommit=True, connect_timeout=5, application_name="trace-task-reads")
                self._closing.callback(connection.close)
                connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(org.reader)))
            self._open[dsn] = connection
        return self._open[dsn]

    def close(self) -> None:
        self._closing.close()
        self._open.clear()


class TableReader:
    """Of one dataset. `read_rows` and `read_bytes`: handed out so far, as it came over the wire."""

    def __init__(self, snapshots: Snapshots, dsn: str, org: OrgNames, dataset_id: UUID, columns: Sequence[TargetColumn]) -> None:
        self._snapshots, self._dsn, self._org, self._id = snapshots, dsn, org, dataset_id
        self.columns: Mapping[str, TargetColumn] = {column.name: column for column in columns}
        self.read_rows = self.read_bytes = 0

    @property
    def schema(self) -> pa.Schema:
        return schema_of(self.columns.values())

    def rows(self, within: Span, *, key: str, columns: Sequence[str], order_by: Sequence[str]) -> Iterator[pa.RecordBatch]:
        wanted = [self.columns[name] for name in columns]
        statement = sql.SQL("COPY (SELECT {} FROM {} WHERE {} AND {}{}) TO STDOUT (FORMAT csv)").format(
            sql.SQL(", ").join(copied(column) for column in wanted),
            self._table,
            _IS_LIVE,
            self._within(within, key),
            _ordered(order_by),
        )
        for body, count in self._copied(statement):
            self.read_rows, self.read_bytes = self.read_rows + count, self.read_bytes + len(body)
            yield rows_of(body, wanted)

    def count(self, within: Span, *, key: str) -> int:
        statement = sql.SQL("SELECT count(*) FROM {} WHERE {} AND {}").format(self._table, _IS_LIVE, self._within(within, key))
        return int(self._asked(statement)[0][0])

    def bounds(self, key: str) -> Span | None:
        """Of two questions, each of which an index answers."""
        name = sql.Identifier(key)
        ask = "SELECT (SELECT {0} FROM {1} WHERE {2} AND {0} IS NOT NULL ORDER BY {0} LIMIT 1), (SELECT {0} FROM {1} WHERE {2} AND {0} IS NOT NULL ORDER BY {0} DESC LIMIT 1)"
        ((low, high),) = self._asked(sql.SQL(ask).format(name, self._table, _IS_LIVE))
        return None if low is None else (int(low), int(high))

    def moved(self, within: Span) -> list[Span]:
        ask = (
            "SELECT range_start, range_end FROM {} WHERE dataset_id = {} AND range_start <= {} AND range_end >= {} ORDER BY 1, 2"
        )
        ledger = sql.Identifier(self._org.schema, COMPACTED)
        found = self._asked(sql.SQL(ask).format(ledger, sql.Literal(self._id), sql.Literal(within[1]), sql.Literal(within[0])))
        return [(int(start), int(end)) for start, end in found]

    def _copied(self, statement: sql.Composed) -> Iterator[tuple[bytes, int]]:
        """Pieces of the answer, of whole rows each, and how many those are."""
        with answering(), self._connection.cursor().copy(statement) as copy:
            waiting: list[Any] = []
            size = 0
            for row in copy:
                waiting.append(row)
                size += len(row)
                if len(waiting) == BATCH_ROWS or size >= BATCH_BYTES:
                    yield b"".join(waiting), len(waiting)
                    waiting, size = [], 0
            if waiting:
                yield b"".join(waiting), len(waiting)

    def _asked(self, statement: sql.Composed) -> list[Any]:
        with answering():
            return self._connection.execute(statement).fetchall()

    @property
    def _connection(self) -> psycopg.Connection:
        return self._snapshots.connection(self._dsn, self._org)

    @property
    def _table(self) -> sql.Identifier:
        return sql.Identifier(self._org.schema, table_name(self._id))

    def _within(self, within: Span, key: str) -> sql.Composed:
        return sql.SQL(_BETWEEN).format(sql.Identifier(key), *(sql.Literal(one) for one in within))


@contextmanager
def answering() -> Iterator[None]:
    """What PostgreSQL raises, as Transient: a table that is altered meanwhile is told of when it is opened again."""
    try:
        yield
    except psycopg.Error as error:
        raise Transient(f"the data database does not answer: {first_line(error)}") from error


def _ordered(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(" ORDER BY {}").format(sql.SQL(", ").join(map(sql.Identifier, columns))) if columns else sql.SQL("")
