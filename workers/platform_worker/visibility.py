"""Keeps the messages of running tasks hidden, in a thread of its own: a queue that is away takes seconds to say so, and leases have none."""

from __future__ import annotations

import threading
from datetime import timedelta

import structlog

from apps.platform.errors import ServiceError
from apps.platform.ports.queue import Queue
from workers.platform_worker.attempt import Attempt

log = structlog.get_logger("trace.worker")

# Of a message whose task runs; made new at every heartbeat.
VISIBILITY = timedelta(seconds=120)
# How long a queue that was away is left alone.
REST_SECONDS = 5.0
# At a stop; a call that is under way may take longer, and is nobody's matter any more.
LAST_CALL_SECONDS = 1.0


class Visibility:
    def __init__(self, queue: Queue | None, *, rest_seconds: float = REST_SECONDS) -> None:
        self._queue, self._rest_seconds = queue, rest_seconds
        self._news = threading.Condition()
        self._due: dict[int, Attempt] = {}
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name="visibility", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def renew(self, attempt: Attempt) -> None:
        """Soon; returns at once."""
        with self._news:
            self._due[attempt.serial] = attempt
            self._news.notify_all()

    def forget(self, attempt: Attempt) -> None:
        with self._news:
            self._due.pop(attempt.serial, None)

    def end(self) -> None:
        with self._news:
            self._is_ending = True
            self._news.notify_all()
        self._thread.join(LAST_CALL_SECONDS)

    def _run(self) -> None:
        while attempt := self._next():
            if not self._extend(attempt):
                self._rest()

    def _next(self) -> Attempt | None:
        with self._news:
            self._news.wait_for(lambda: self._due or self._is_ending)
            if self._is_ending:
                return None
            return self._due.pop(next(iter(self._due)))

    def _extend(self, attempt: Attempt) -> bool:
        """False when the queue is away."""
        if attempt.message is None or self._queue is None:
            return True
        try:
            self._queue.extend(attempt.message, visibility=VISIBILITY)
        except ServiceError as error:
            log.warning("visibility_not_extended", error=str(error))  # the message comes back, and is not claimed
            return False
        return True

    def _rest(self) -> None:
        """What was due is skipped: its next heartbeat asks again, long before it shows."""
        with self._news:
            self._news.wait_for(lambda: self._is_ending, timeout=self._rest_seconds)
            self._due.clear()
