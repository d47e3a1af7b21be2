from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from apps.platform.drivers.pgqueue import statements as sql
from apps.platform.drivers.pgqueue.listener import Listener
from apps.platform.errors import Permanent, Transient
from apps.platform.json import Json
from apps.platform.ports.queue import ZERO, Depth, Message, check_delay, check_visibility, encode

_REFUSED = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.InvalidPassword,
    psycopg.errors.InvalidCatalogName,
    psycopg.errors.UndefinedTable,
)


class PostgresQueue:
    def __init__(self, dsn: str, *, max_receives: int, pool_size: int = 4) -> None:
        self._dsn, self._pool_size = dsn, pool_size
        self._pool = self._new_pool()
        self._listener = Listener(dsn)
        self._max_receives = max_receives

    def publish(self, queue: str, payloads: Sequence[Json], *, delay: timedelta = ZERO) -> None:
        check_delay(delay)
        if bodies := [encode(payload) for payload in payloads]:
            self._run(sql.PUBLISH, {"queue": queue, "payloads": bodies, "delay": delay})

    def receive(self, queue: str, *, limit: int, visibility: timedelta, wait: timedelta = ZERO) -> list[Message]:
        check_visibility(visibility)
        deadline = time.monotonic() + wait.total_seconds()
        if wait:
            # Before looking: what is published between the look and the wait must not be missed.
            self._listen(queue)
        while True:
            if messages := self._take(queue, limit, visibility):
                return messages
            left = deadline - time.monotonic()
            if left <= 0:
                return []
            self._wait(queue, left)

    def extend(self, message: Message, *, visibility: timedelta) -> bool:
        check_visibility(visibility)
        params = {"id": message.id, "receipt": message.receipt, "visibility": visibility}
        with self._connection() as connection:
            return connection.execute(sql.EXTEND, params).rowcount == 1

    def ack(self, messages: Sequence[Message]) -> None:
        if messages:
            self._run(sql.ACK, {"ids": [m.id for m in messages], "receipts": [m.receipt for m in messages]})

    def depth(self, queue: str) -> Depth:
        ((ready, in_flight, delayed, dead),) = self._run(sql.DEPTH, {"queue": queue})
        return Depth(ready, in_flight, delayed, dead)

    def close(self) -> None:
        self._listener.close()
        # A pool that was closed stays closed, and a later call opens the connections again.
        closed, self._pool = self._pool, self._new_pool()
        closed.close()

    def _new_pool(self) -> ConnectionPool:
        """Opened at the first call: a process that never uses its queue holds no connection."""
        return ConnectionPool(
            self._dsn, min_size=0, max_size=self._pool_size, timeout=5, open=False,
            kwargs={"autocommit": True, "connect_timeout": 3}, check=ConnectionPool.check_connection,
        )  # fmt: skip

    def _take(self, queue: str, limit: int, visibility: timedelta) -> list[Message]:
        params = {"queue": queue, "limit": limit, "visibility": visibility, "max_receives": self._max_receives}
        with self._connection() as connection:
            connection.execute(sql.BURY, params)
            rows = connection.execute(sql.RECEIVE, params).fetchall()
        return sorted((Message(queue, id_, receipt, payload, n) for id_, receipt, payload, n in rows), key=lambda m: m.id)

    def _wait(self, queue: str, seconds: float) -> None:
        """Until a notice, until the next message becomes visible by itself, or until time is up."""
        ((until_visible,),) = self._run(sql.NEXT_VISIBLE, {"queue": queue})
        with _translated():
            self._listener.wait(queue, seconds if until_visible is None else min(seconds, max(until_visible, 0.001)))

    def _listen(self, queue: str) -> None:
        with _translated():
            self._listener.listen(queue)

    def _run(self, statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        with self._connection() as connection:
            cursor = connection.execute(statement, params)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        with _translated():
            if self._pool.closed:
                self._pool.open()
            with self._pool.connection() as connection:
                yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _REFUSED as error:
        raise Permanent(f"the queue database refuses: {error}") from error
    except psycopg.DataError as error:
        raise Permanent(f"the queue database cannot store this: {error}") from error
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise Transient(f"the queue database does not answer: {error}") from error
