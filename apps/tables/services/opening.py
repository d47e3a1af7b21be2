"""A task is let into the table that it writes itself: the earlier attempts are shut out first, then it is told how to log in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from psycopg import Connection, sql

from apps.platform.contracts.buffers import BatchColumn
from apps.platform.contracts.tables import TableOpened
from apps.platform.errors import Conflict, Invalid, Transient
from apps.platform.tables import FENCE, LOGIN, OrgNames
from apps.tables.domain import Producer, TableState
from apps.tables.models import HotTable
from apps.tables.services.doors import doors, login_dsn

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
    with doors.entered(dsn) as connection:
        _raise_fence(connection, names, table.pk, wanted)
        login = login_dsn(connection, dsn, names, login=names.login, kept=LOGIN)
    shape = table.shape
    return TableOpened(
        dsn=login, org_id=table.org_id, dataset_id=table.pk, job_id=wanted.producer.job_id,
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
