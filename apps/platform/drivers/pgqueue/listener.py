"""One connection that listens, read by a thread of its own, for all threads of a process that wait for messages."""

from __future__ import annotations

import threading
from collections import Counter

import psycopg

from apps.platform.drivers.pgqueue.statements import CHANNEL
from apps.platform.listening import kept_alive

# How soon a reader notices that it is no longer wanted.
_READ_SECONDS = 1.0


class Listener:
    """Counts notices per queue, so that one that came before the wait began still ends it."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._news = threading.Condition()
        self._reader: _Reader | None = None
        self._seen: Counter[str] = Counter()
        # For each thread and queue: the reader that listens for it, and the notices that it knows of.
        self._noted: dict[tuple[int, str], tuple[_Reader, int]] = {}

    def listen(self, queue: str) -> None:
        """From now on a notice for the queue is not missed by this thread's next wait."""
        with self._news:
            self._note(queue, self._connect())

    def wait(self, queue: str, seconds: float) -> None:
        """Until a notice for the queue or the time is up; after `listen`. Raises psycopg.OperationalError when the connection is lost."""
        with self._news:
            reader, known = self._noted[threading.get_ident(), queue]
            self._news.wait_for(lambda: self._seen[queue] != known or reader.is_over, timeout=seconds)
            if reader.lost:
                # Also when it was lost before the wait began: what was published since then was heard by nobody.
                raise psycopg.OperationalError(str(reader.lost)) from reader.lost
            self._note(queue, self._connect())

    def heard(self, queue: str) -> None:
        with self._news:
            self._seen[queue] += 1
            self._news.notify_all()

    def over(self, reader: _Reader) -> None:
        with self._news:
            if self._reader is reader:
                self._reader = None
            self._news.notify_all()

    def close(self) -> None:
        with self._news:
            reader = self._reader
        if reader:
            reader.stop()

    def _note(self, queue: str, reader: _Reader) -> None:
        self._noted[threading.get_ident(), queue] = (reader, self._seen[queue])

    def _connect(self) -> _Reader:
        """Under the lock: whoever comes meanwhile could not hear anything yet either."""
        if self._reader is None:
            connection = psycopg.connect(kept_alive(self._dsn), autocommit=True, connect_timeout=3)
            connection.execute(f"LISTEN {CHANNEL}")
            self._reader = _Reader(self, connection)
            self._reader.start()
        return self._reader


class _Reader(threading.Thread):
    def __init__(self, listener: Listener, connection: psycopg.Connection) -> None:
        super().__init__(name="queue-listener", daemon=True)
        self._listener = listener
        self._connection = connection
        self._unwanted = threading.Event()
        self.lost: psycopg.Error | None = None
        self.is_over = False

    def run(self) -> None:
        try:
            while not self._unwanted.is_set():
                for notice in self._connection.notifies(timeout=_READ_SECONDS):
                    self._listener.heard(notice.payload)
        except psycopg.Error as error:
            self.lost = error
        finally:
            self._connection.close()
            self.is_over = True
            self._listener.over(self)

    def stop(self) -> None:
        self._unwanted.set()
        self.join()
