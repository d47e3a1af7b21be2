"""Everything that runs attempts, from the claim to the acknowledgement: slots, heartbeats, lines, completions."""

from __future__ import annotations

import time
from collections.abc import Sequence

from apps.platform import metrics
from apps.platform.config import Config
from apps.platform.contracts import Ending
from apps.platform.ports.queue import Queue
from workers.platform_worker.attempt import Attempt
from workers.platform_worker.completer import Closed, Completer
from workers.platform_worker.heartbeats import Heartbeats
from workers.platform_worker.homes import Homes
from workers.platform_worker.internal_plane import InternalPlane
from workers.platform_worker.orphans import Orphans
from workers.platform_worker.pace import Pace
from workers.platform_worker.pool import Pool
from workers.platform_worker.session import Surroundings
from workers.platform_worker.shipper import Shipper
from workers.platform_worker.slot import Slot
from workers.platform_worker.visibility import Visibility

# At a stop, for what is only on the way to the plane.
LAST_WORDS_SECONDS = 5.0
_LOOK_SECONDS = 0.05


class Crew:
    def __init__(
        self,
        config: Config,
        queue: Queue | None,
        plane: InternalPlane,
        orphans: Orphans,
        *,
        closed: Closed | None = None,
    ) -> None:
        self._grace = float(config.worker_cancel_grace_seconds)
        self._told = closed
        self._is_stopping = False
        self.pace = Pace(slots=config.worker_slots, prefetch=config.worker_prefetch)
        self.completer = Completer(plane, queue, self._close)
        self._shipper = Shipper(plane)
        self._beats = Heartbeats(plane, Visibility(queue), canceled=self._cancel, lost=self._lose, turn=self._look_at_what_waits)
        self._pool = Pool(self.pace)
        around = Surroundings(plane, self._end, self._shipper.notice, self._run_elsewhere, self._cancel)
        self._homes = Homes()
        self._slots = [
            Slot(number, self._pool, around, orphans, self._homes, child_tasks=config.worker_child_tasks)
            for number in range(config.worker_slots)
        ]
        self._pool.open(self._slots)

    def start(self) -> None:
        self.completer.start()
        self._shipper.start()
        self._beats.start()
        for slot in self._slots:
            slot.start()

    def accept(self, attempts: Sequence[Attempt]) -> None:
        self._beats.watch(attempts)
        if self._is_stopping:
            self._hand_back(attempts)
        else:
            self._pool.put(attempts)

    def begin_nothing(self) -> None:
        """What has not begun goes back at once, and so does what is claimed from now on."""
        self._is_stopping = True
        self._hand_back(self._pool.remove(waiting_since=time.monotonic()))

    def drain(self, *, seconds: float) -> None:
        """What runs may finish, then it is asked to stop and handed back; returns when all is told."""
        self.begin_nothing()
        self._wait_for_ends(seconds)
        for attempt in self._running():
            attempt.is_handed_back = True
            self._ask_to_stop(attempt)
        self._wait_for_ends(self._grace + LAST_WORDS_SECONDS)
        self._shipper.end(seconds=LAST_WORDS_SECONDS)
        self.completer.end(seconds=LAST_WORDS_SECONDS)
        for slot in self._slots:
            slot.end()
        self._beats.end()
        self._homes.end()

    # An attempt's ways to its end

    def _end(self, attempt: Attempt, ending: Ending, body: str = "", *, seconds: float | None = None) -> None:
        attempt.is_over = True
        if seconds is not None:
            self.pace.learn(attempt.pair, seconds)
        self.pace.let_go()
        if attempt.is_lost:
            attempt.journal.go_deaf()
            self.completer.let_go(attempt)
            return
        attempt.journal.close(lambda: self.completer.put(attempt, ending, body))
        if not attempt.journal.is_empty:
            self._shipper.notice(attempt)

    def _close(self, attempt: Attempt, ending: Ending | None) -> None:
        self._beats.forget(attempt)
        metrics.WORKER_TASKS.labels(ending or "lost").inc()
        if self._told:
            self._told(attempt, ending)

    def _run_elsewhere(self, attempts: Sequence[Attempt]) -> None:
        self._pool.put(reversed(attempts), first=True)

    def _cancel(self, attempt: Attempt) -> None:
        attempt.is_canceled = True
        self._ask_to_stop(attempt)

    def _ask_to_stop(self, attempt: Attempt) -> None:
        attempt.kill_at = time.monotonic() + self._grace
        for slot in self._slots:
            slot.tell_canceled(attempt)

    def _lose(self, attempt: Attempt) -> None:
        """Its session sees it within half a second, and kills."""
        attempt.is_lost = True

    def _hand_back(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            attempt.is_handed_back = True
            self._end(attempt, Ending.HANDED_BACK)

    def _look_at_what_waits(self) -> None:
        self._pool.look()
        if waiting := self._pool.remove_overdue():
            self.pace.forget()
            self._hand_back(waiting)

    def _running(self) -> list[Attempt]:
        return [attempt for attempt in self._beats.held() if not attempt.is_over]

    def _wait_for_ends(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self._running() and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
