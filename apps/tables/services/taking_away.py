"""Rows that lie in a committed partition are deleted from the table that they were taken from: exactly those, in bounded steps.

Each step is a transaction of *data* that deletes whole blocks, from the lowest on, and notes in the org's ledger how far it is. It
stands only if the rows that it deleted are as many as the files have of those blocks and hashes, and none is left of them: whatever
was rewritten since it was compacted stays, and all above it. Who reads the table sees the ledger in the same moment.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import Connection, sql

from apps.datasets.domain import Block
from apps.platform.errors import Transient
from apps.platform.tables import BLOCK_KEY, COMPACTED, RETRACTED, OrgNames, table_name

HASH = "block_hash"
# Of a step, as far as whole blocks allow; and of all that is done in one go, before others have their turn.
STEP_ROWS, GO_SECONDS = 5_000, 5.0
# What a writer has just written again with the same hash is found at the next look.
_LOOKS = 3
_PATIENCE = "SET lock_timeout = '3s'; SET statement_timeout = '60s'"

_BEGIN = """
INSERT INTO {ledger} (dataset_id, range_start, range_end, through, partition_id) VALUES (%(id)s, %(start)s, %(end)s, %(before)s, %(piece)s)
ON CONFLICT (dataset_id, range_start, range_end) DO UPDATE SET partition_id = excluded.partition_id
RETURNING through
"""
_DELETE = """
DELETE FROM {table} AS t USING unnest(%(numbers)s::bigint[], %(hashes)s::bytea[]) AS c(number, hash)
WHERE t.{key} BETWEEN %(low)s AND %(high)s AND t.{key} = c.number AND t.{hash} = c.hash AND t.{retracted} IS NULL
"""
_LEFT = "SELECT EXISTS (SELECT FROM {table} WHERE {key} BETWEEN %(low)s AND %(high)s AND {retracted} IS NULL)"
_NOTE = """
UPDATE {ledger} SET through = %(high)s, rows = rows + %(rows)s, done_at = CASE WHEN range_end = %(high)s THEN now() END
WHERE dataset_id = %(id)s AND range_start = %(start)s AND range_end = %(end)s RETURNING rows
"""


@dataclass(frozen=True)
class Piece:
    """A committed partition. `blocks` in their order."""

    id: UUID
    start: int
    end: int
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Gone:
    """`rows`: of the range, by now. `is_done`: all of it. `differs_from`: the lowest block of those whose rows are not what was compacted."""

    rows: int = 0
    is_done: bool = False
    differs_from: int | None = None


class _Differs(Exception):
    """The step does not stand."""


def take_away(org_id: UUID, dataset_id: UUID, piece: Piece, *, dsn: str, go_seconds: float = GO_SECONDS) -> Gone:
    """`dsn`: of *data*, as the maker of its tables. Goes on where it stopped; done again, it changes nothing. Raises Transient while
    *data* is away, or somebody writes there for long. Outside of any transaction.
    """
    until = time.monotonic() + go_seconds
    with _connected(dsn) as connection:
        taking = _Taking(connection, OrgNames(org_id), dataset_id, piece)
        gone = Gone()
        while not gone.is_done and gone.differs_from is None and (not gone.rows or time.monotonic() < until):
            gone = taking.step()
    return gone


@contextmanager
def _connected(dsn: str) -> Iterator[Connection]:
    if not dsn:
        raise Transient("this process has no TRACE_TABLES_DSN, and so no right to delete what was compacted")
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=5, application_name="trace-tables") as connection:
            connection.execute(_PATIENCE)
            yield connection
    except (psycopg.errors.UndefinedTable, psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
        raise Transient(f"what was compacted is not deleted yet: {error}") from error
    except psycopg.OperationalError as error:
        raise Transient(f"the data database does not answer: {error}") from error


class _Taking:
    def __init__(self, connection: Connection, org: OrgNames, dataset_id: UUID, piece: Piece) -> None:
        self._connection, self._piece = connection, piece
        self._about = {"id": dataset_id, "start": piece.start, "end": piece.end, "piece": piece.id, "before": piece.start - 1}
        self._names = {
            "ledger": sql.Identifier(org.schema, COMPACTED), "table": sql.Identifier(org.schema, table_name(dataset_id)),
            "key": sql.Identifier(BLOCK_KEY), "hash": sql.Identifier(HASH), "retracted": sql.Identifier(RETRACTED),
        }  # fmt: skip

    def step(self) -> Gone:
        for _ in range(_LOOKS):
            low = 0
            try:
                with self._connection.transaction():
                    # The row is locked: of two who do the same the second goes on where the first one stopped.
                    low = self._value(_BEGIN) + 1
                    return self._delete_from(low)
            except _Differs:
                continue
        return Gone(differs_from=low)

    def _delete_from(self, low: int) -> Gone:
        if low > self._piece.end:
            return Gone(
                self._value(
                    "SELECT rows FROM {ledger} WHERE dataset_id = %(id)s AND range_start = %(start)s AND range_end = %(end)s"
                ),
                is_done=True,
            )
        blocks, high = _next(self._piece, low)
        said = {"low": low, "high": high, "numbers": [one.number for one in blocks], "hashes": [one.hash for one in blocks]}
        deleted = self._run(_DELETE, **said).rowcount
        if deleted != sum(one.rows for one in blocks) or self._value(_LEFT, **said):
            raise _Differs
        rows = self._value(_NOTE, high=high, rows=deleted)
        return Gone(rows, is_done=high == self._piece.end)

    def _value(self, statement: str, **said: object) -> int:
        ((value,),) = self._run(statement, **said).fetchall()
        return int(value)

    def _run(self, statement: str, **said: object) -> psycopg.Cursor:
        return self._connection.execute(sql.SQL(statement).format(**self._names), {**self._about, **said})


def _next(piece: Piece, low: int) -> tuple[list[Block], int]:
    """Blocks of about so many rows, and how far they reach: over those without rows up to the next that has some."""
    taken: list[Block] = []
    rows = 0
    for one in piece.blocks:
        if one.number < low:
            continue
        if taken and rows + one.rows > STEP_ROWS:
            return taken, one.number - 1
        taken.append(one)
        rows += one.rows
    return taken, piece.end
