"""Several tables of one task, changed in one transaction: who reads them together sees all of a change, or nothing.

The rows are few and at hand, so they go straight into the tables: what is wrong with them is found before anything is locked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import Connection, sql

from apps.platform.tables import BATCH, FENCE, JOB, TASK
from workers.tables.answers import BadValue, answering
from workers.tables.direct import HOLD, DirectWriter, Key, Overtaken, delete, order_of
from workers.tables.staging import as_csv, names

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Change:
    """In place of all rows of a table whose `key` is from `low` to `high`; `rows` as COPY takes them."""

    writer: DirectWriter
    rows: Sequence[pa.Table]
    key: str
    low: Key
    high: Key


def write_together(changes: Sequence[Change]) -> None:
    """All tables lie in the schema of one org. Raises BadValue, Drifted, Transient, Overtaken; then nothing is written."""
    for change in changes:
        _check_bounds(change)
    first = changes[0].writer
    with answering(), first.connection().transaction():
        connection = first.connection()
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(first.target.org.writer)))
        for change in changes:
            _hold(connection, change.writer)
        order = order_of(connection)
        for change in changes:
            delete(connection, change.writer.target, change.key, change.low, change.high)
            _copy(connection, change, str(order))


def _check_bounds(change: Change) -> None:
    import pyarrow as pa  # noqa: PLC0415  pyarrow is imported where rows are there
    import pyarrow.compute as pc  # noqa: PLC0415

    before = 0
    for part in change.rows:
        keys = part.column(change.key).cast(pa.int64())
        outside = pc.invert(pc.and_(pc.greater_equal(keys, change.low), pc.less_equal(keys, change.high)))
        if (at := pc.index(outside, True).as_py()) >= 0:
            reason = f"is not within {change.low} to {change.high}, which is replaced: split the rows"
            raise BadValue(before + at + 1, change.key, reason)
        before += part.num_rows


def _hold(connection: Connection, writer: DirectWriter) -> None:
    target = writer.target
    statement = sql.SQL(HOLD).format(sql.Identifier(target.org.schema, FENCE))
    if not connection.execute(statement, [target.dataset_id, target.task_id, writer.attempt]).rowcount:
        raise Overtaken


def _copy(connection: Connection, change: Change, order: str) -> None:
    import pyarrow as pa  # noqa: PLC0415

    target = change.writer.target
    own = [BATCH, TASK, JOB]
    told = [order, str(target.task_id), str(target.job_id)]
    columns = names([*(column.name for column in target.columns), *own])
    copying = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(target.table, columns)
    parts = [part for part in change.rows if part.num_rows]
    if not parts:
        return
    with connection.cursor().copy(copying) as copy:
        for part in parts:
            rows = part.select([column.name for column in target.columns])
            for name, value in zip(own, told, strict=True):
                rows = rows.append_column(name, pa.repeat(pa.scalar(value), part.num_rows))
            copy.write(as_csv(rows))
