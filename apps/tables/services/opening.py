"""A task is let into the table that it writes itself: the earlier attempts are shut out first, then it is told how to log in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import UUID

import psycopg
from psycopg import Connection, sql

from apps.platform.contracts.buffers import BatchColumn
from apps.platform.contracts.tables import TableOpened
from apps.platform.errors import Conflict, Invalid, Transient
from apps.platform.tables import FENCE, LOGIN, OrgNames
from apps.tables.domain import Producer, TableState
from apps.tables.models import HotTable

# No earlier attempt is let in again, and none later is shut out; a writer that is just at it is waited for, a moment.
_RAISE = """
INSERT INTO {} AS f (dataset_id, task_id, attempt) VALUES (%s, %s, %s)
ON CONFLICT (dataset_id, task_id) DO UPDATE SET attempt = excluded.attempt, written_at = now() WHERE f.attempt <= excluded.attempt
RETURNING attempt
"""
# A source without end is the one writer of its table: what ran before it, under whatever name, writes no more.
_SHUT_OTHERS = "DELETE FROM {} WHERE dataset_id = %s AND task_id <> %s"
# Without its row a task writes nothing: one that was silent for so long begins another attempt.
_FORGET = "DELETE FROM {} WHERE dataset_id = %s AND task_id <> %s AND written_at < now() - interval '7 days'"
_PATIENCE = "SET lock_timeout = '800ms'; SET statement_timeout = '900ms'"
_NOT_READY = {
    TableState.FAILED: "Its table cannot be made as this version wants it",
    TableState.DRIFTED: "Nothing is written to its table until somebody has looked at it",
}


@dataclass(frozen=True)
class Opening:
    """`is_alone`: of a source that never ends."""

    producer: Producer
    dag: str
    job: str
    is_alone: bool = False


def open_table(wanted: Opening, *, dsn: str) -> TableOpened:
    """`dsn`: of *data*, as the doorkeeper. Raises Transient while it is away or a writer is at it, Conflict for an attempt that was
    overtaken, Invalid where there is no table to write. Outside of any transaction.
    """
    table = _table_of(wanted)
    names = OrgNames(table.org_id)
    with _doors.entered(dsn) as connection:
        _raise_fence(connection, names, table.pk, wanted)
        found = connection.execute(sql.SQL("SELECT password FROM {}").format(sql.Identifier(names.schema, LOGIN))).fetchone()
    if found is None:
        raise Transient("the org's tasks have no login yet")
    shape = table.shape
    return TableOpened(
        dsn=_login(dsn, names, found[0]), org_id=table.org_id, dataset_id=table.pk, job_id=wanted.producer.job_id,
        columns=[BatchColumn(name=one.name, type=one.type, nullable=one.nullable) for one in shape.columns],
        unique=list(shape.unique), replaces=shape.replaces,
    )  # fmt: skip


def _table_of(wanted: Opening) -> HotTable:
    table = HotTable.objects.written_by(wanted.producer, dag=wanted.dag, job=wanted.job).filter(is_direct=True).first()
    if table is None:
        raise Invalid(
            f"Output {wanted.producer.output} of `{wanted.job}` is no table that a task writes itself. "
            "Publish it with `storage: postgres` and `write_mode: direct`; where it is published so, activate its DAG again: "
            "only an activation makes the table.",
            code="not_direct",
        )
    if table.state == TableState.PENDING:
        raise Transient("its table is just being made")
    if table.state != TableState.READY:
        raise Invalid(f"{_NOT_READY[TableState(table.state)]}: {table.error}", code=f"table_{table.state}")
    return table


def _raise_fence(connection: Connection, names: OrgNames, dataset_id: UUID, wanted: Opening) -> None:
    fence, who = sql.Identifier(names.schema, FENCE), wanted.producer
    if connection.execute(sql.SQL(_RAISE).format(fence), [dataset_id, who.task_id, who.attempt]).fetchone() is None:
        raise Conflict("A later attempt of this task writes the table by now.", code="stale_fence")
    others = _SHUT_OTHERS if wanted.is_alone else _FORGET
    connection.execute(sql.SQL(others).format(fence), [dataset_id, who.task_id])


def _login(dsn: str, names: OrgNames, password: str) -> str:
    parts = urlsplit(dsn)
    where = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, f"{names.login}:{quote(password)}@{where}", parts.path, parts.query, ""))


class _Doors:
    """While *data* does not answer one call at a time waits for it: the threads of this plane have leases to look after."""

    def __init__(self) -> None:
        self._is_away = False
        self._trying = threading.Lock()

    @contextmanager
    def entered(self, dsn: str) -> Iterator[Connection]:
        alone = self._is_away
        if alone and not self._trying.acquire(blocking=False):
            raise Transient("the data database does not answer")
        try:
            with psycopg.connect(dsn, autocommit=True, connect_timeout=2, application_name="trace-doors") as connection:
                connection.execute(_PATIENCE)
                self._is_away = False
                yield connection
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
            raise Transient("an earlier attempt is just writing the table") from error
        except psycopg.OperationalError as error:
            self._is_away = True
            raise Transient(f"the data database does not answer: {error}") from error
        except psycopg.errors.UndefinedTable as error:
            raise Transient("what the org's tasks need in the data database is not made yet") from error
        finally:
            if alone:
                self._trying.release()


_doors = _Doors()
