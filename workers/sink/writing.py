"""One batch into its table: all its rows and the ledger's, in one transaction, as the writer of its org and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pyarrow as pa
from psycopg import sql

from apps.platform.contracts.buffers import BatchClaimed
from apps.platform.tables import LEDGER
from workers.tables.answers import answering
from workers.tables.staging import Staging
from workers.tables.target import Target

_TAKE = "INSERT INTO {} (batch_id, dataset_id, rows) VALUES (%s, %s, %s) ON CONFLICT (batch_id) DO NOTHING"


class Writer:
    """On one connection, which is opened when it is needed and anew after it broke."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._open: psycopg.Connection | None = None

    def check(self) -> None:
        """Raises Transient while *data* is away."""
        with self._connected() as connection:
            connection.execute("SELECT 1")

    def close(self) -> None:
        if self._open:
            self._open.close()
        self._open = None

    def write(self, claimed: BatchClaimed, rows: pa.Table) -> int:
        """How many rows the batch has in the table; nothing is written where it was there already.

        Raises BadValue, Drifted, Transient; then nothing is written either.
        """
        with self._connected() as connection, connection.transaction():
            return _Work(connection, claimed).write(rows)

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        with answering():
            if self._open is None or self._open.closed or self._open.broken:
                self._open = psycopg.connect(self._dsn, autocommit=True, connect_timeout=5, application_name="trace-sink")
                self._open.execute("SET lock_timeout = '30s'")
            yield self._open


class _Work:
    def __init__(self, connection: psycopg.Connection, claimed: BatchClaimed) -> None:
        self._connection, self._claimed = connection, claimed
        self._target = Target(
            claimed.org_id, claimed.dataset_id, claimed.columns, claimed.unique, claimed.replaces, claimed.task_id, claimed.job_id
        )
        self._staging = Staging(connection, self._target)

    def write(self, rows: pa.Table) -> int:
        self._staging.check_table()
        self._staging.become(self._target.org.writer)
        if (before := self._take(rows.num_rows)) is not None:
            return before
        self._staging.become(None)
        self._staging.receive([rows])
        self._staging.become(self._target.org.writer)
        # Queues promise no order: what was handed over later stays, whichever comes first.
        self._staging.put(self._claimed.order, may_come_late=True)
        return int(rows.num_rows)

    def _take(self, rows: int) -> int | None:
        """None: it is ours to write. Another sink that has the same batch is waited for."""
        ledger = sql.Identifier(self._target.org.schema, LEDGER)
        ids = [self._claimed.batch_id, self._claimed.dataset_id]
        if self._connection.execute(sql.SQL(_TAKE).format(ledger), [*ids, rows]).rowcount:
            return None
        found = self._connection.execute(sql.SQL("SELECT rows FROM {} WHERE batch_id = %s").format(ledger), ids[:1]).fetchone()
        return int(found[0]) if found else rows
