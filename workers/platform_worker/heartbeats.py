"""Keeps leases alive, and hears which tasks were canceled or lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog

from apps.platform.contracts import MOST_BATCH, ItemResult
from apps.platform.errors import ServiceError
from apps.platform.slices import slices
from workers.platform_worker.attempt import Attempt
from workers.platform_worker.internal_plane import InternalPlane
from workers.platform_worker.visibility import Visibility

log = structlog.get_logger("trace.worker")

# How soon progress is told, and how soon a heartbeat is tried again.
NEWS_SECONDS, AGAIN_SECONDS = 2.0, 1.0
LONGEST_WAIT_SECONDS = 1.0
# What is due this soon goes along.
TOGETHER_SECONDS = 0.5

Told = Callable[[Attempt], None]


class Heartbeats:
    """`canceled` and `lost` are called from its thread; `turn` at every round, about once a second."""

    def __init__(
        self, plane: InternalPlane, visibility: Visibility, *, canceled: Told, lost: Told, turn: Callable[[], None] = lambda: None
    ) -> None:
        self._plane, self._visibility = plane, visibility
        self._canceled, self._lost, self._turn = canceled, lost, turn
        self._leases: dict[int, Attempt] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeats", daemon=True)

    def start(self) -> None:
        self._visibility.start()
        self._thread.start()

    def watch(self, attempts: Iterable[Attempt]) -> None:
        with self._lock:
            self._leases.update((attempt.serial, attempt) for attempt in attempts)

    def forget(self, attempt: Attempt) -> None:
        with self._lock:
            self._leases.pop(attempt.serial, None)
        self._visibility.forget(attempt)

    def held(self) -> list[Attempt]:
        with self._lock:
            return list(self._leases.values())

    def end(self) -> None:
        self._stop.set()
        self._thread.join()
        self._visibility.end()

    def _run(self) -> None:
        while not self._stop.is_set():
            now = time.monotonic()
            held = self.held()
            due = [attempt for attempt in held if _due_at(attempt) <= now + min(TOGETHER_SECONDS, attempt.beat_seconds / 4)]
            for some in slices(due, MOST_BATCH):
                self._beat(some)
            self._turn()
            first = min(map(_due_at, self.held()), default=now + LONGEST_WAIT_SECONDS)
            self._stop.wait(min(max(first - time.monotonic(), 0.02), LONGEST_WAIT_SECONDS))

    def _beat(self, attempts: Sequence[Attempt]) -> None:
        items = [attempt.item(_progress(attempt)) for attempt in attempts]
        try:
            results = self._plane.heartbeat(items)
        except ServiceError as error:
            log.warning("heartbeat_not_answered", error=str(error))
            for attempt in attempts:
                attempt.beat_at = time.monotonic() + min(AGAIN_SECONDS, attempt.beat_seconds / 2)
                attempt.beaten_at = time.monotonic()
            return
        for attempt, result in zip(attempts, results, strict=True):
            self._take(attempt, result)

    def _take(self, attempt: Attempt, result: ItemResult) -> None:
        now = attempt.beaten_at = time.monotonic()
        if result.status == 200 and result.answer is not None:
            attempt.beat_at = now + attempt.beat_seconds
            attempt.lease_until = now + attempt.claimed.lease_seconds
            self._visibility.renew(attempt)
            attempt.token = result.answer.get("capability_token") or attempt.token
            if result.answer.get("canceled") and not attempt.is_canceled:
                self._canceled(attempt)
        elif result.status >= 500 or result.status == 429:
            attempt.beat_at = now + min(AGAIN_SECONDS, attempt.beat_seconds / 2)
        elif not attempt.is_over:
            log.warning("lease_lost", task_id=str(attempt.task_id), status=result.status, code=result.code)
            self._lost(attempt)


def _due_at(attempt: Attempt) -> float:
    return min(attempt.beat_at, attempt.beaten_at + NEWS_SECONDS) if attempt.has_news else attempt.beat_at


def _progress(attempt: Attempt) -> str:
    attempt.has_news = False
    progress: Any = attempt.progress
    return f'"progress":{progress.model_dump_json() if progress else "null"}'
