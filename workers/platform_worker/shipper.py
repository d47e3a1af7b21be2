"""Ships the lines of all attempts in batches: none is older than half a second, and all are there before the end is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import structlog

from apps.platform.errors import Permanent, Transient
from workers.platform_worker.attempt import Attempt
from workers.platform_worker.internal_plane import InternalPlane

log = structlog.get_logger("trace.worker")

SHIP_SECONDS = 0.3
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 5.0


class Shipper:
    def __init__(self, plane: InternalPlane) -> None:
        self._plane = plane
        self._news = threading.Condition()
        # When the lines of each were first waited for.
        self._waiting: dict[Attempt, float] = {}
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name="log-shipper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def notice(self, attempt: Attempt) -> None:
        """It has lines, or its lines became urgent."""
        with self._news:
            self._waiting.setdefault(attempt, time.monotonic())
            self._news.notify()

    def end(self, *, seconds: float) -> None:
        with self._news:
            self._is_ending = True
            self._news.notify()
        self._thread.join(seconds)

    def _run(self) -> None:
        pause = PAUSE_SECONDS
        while (due := self._due()) is not None:
            if self._ship_all(due):
                pause = PAUSE_SECONDS
            else:
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _ship_all(self, due: Sequence[Attempt]) -> bool:
        """Each gets its turn, however much one has to say, and although one was not taken."""
        taken = [self._ship(attempt) for attempt in due]
        return all(taken)

    def _due(self) -> list[Attempt] | None:
        with self._news:
            while True:
                now = time.monotonic()
                due = [one for one, since in self._waiting.items() if one.journal.is_urgent or now - since >= SHIP_SECONDS]
                if due:
                    return due
                if self._is_ending and not self._waiting:
                    return None
                first = min(self._waiting.values(), default=None)
                self._news.wait(None if first is None else max(first + SHIP_SECONDS - now, 0.001))

    def _ship(self, attempt: Attempt) -> bool:
        """False when the plane is away."""
        first, lines = attempt.journal.batch()
        try:
            if lines:
                body = f'{{{attempt.fence},"first_line":{first},"lines":[{",".join(lines)}]}}'
                answer = self._plane.write_lines(body, token=attempt.token)
                attempt.journal.shipped(len(lines), full=answer.full)
        except Transient as error:
            if not attempt.is_lost and time.monotonic() < attempt.lease_until:
                return False
            self._give_up(attempt, error)
        except Permanent as error:
            self._give_up(attempt, error)
        with self._news:
            if attempt.journal.is_empty:
                self._waiting.pop(attempt, None)
            else:
                self._waiting[attempt] = time.monotonic()
        return True

    def _give_up(self, attempt: Attempt, error: Exception) -> None:
        log.warning("lines_dropped", task_id=str(attempt.task_id), error=str(error))
        attempt.journal.go_deaf()
