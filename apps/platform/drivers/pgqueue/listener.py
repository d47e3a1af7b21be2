"""One connection that listens, shared by the threads of a process that wait for messages."""

from __future__ import annotations

import threading
import time
from collections import Counter

import psycopg

from apps.platform.drivers.pgqueue.statements import CHANNEL


class Listener:
    """Counts notices per queue, so that one that came before the wait began still ends it."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: psycopg.Connection | None = None
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self._noted: dict[tuple[int, str], int] = {}

    def listen(self, queue: str) -> None:
        """From now on a notice for the queue is not missed by this thread's next wait."""
        with self._lock:
            self._connect()
            self._note(queue)

    def wait(self, queue: str, seconds: float) -> None:
        """Until a notice for the queue or the time is up. Raises psycopg.OperationalError when the connection is lost."""
        deadline = time.monotonic() + seconds
        while self._is_quiet(queue) and (left := deadline - time.monotonic()) > 0:
            # One thread reads for all; the others look again when it lets go.
            with self._lock:
                if self._is_quiet(queue):
                    self._read(min(left, 1.0))
        self._note(queue)

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _is_quiet(self, queue: str) -> bool:
        return self._seen[queue] == self._noted.get((threading.get_ident(), queue), 0)

    def _note(self, queue: str) -> None:
        self._noted[threading.get_ident(), queue] = self._seen[queue]

    def _connect(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._dsn, autocommit=True, connect_timeout=3)
            self._connection.execute(f"LISTEN {CHANNEL}")
        return self._connection

    def _read(self, seconds: float) -> None:
        try:
            for notice in self._connect().notifies(timeout=seconds, stop_after=1):
                self._seen[notice.payload] += 1
        except psycopg.Error:
            self._drop()
            raise

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
