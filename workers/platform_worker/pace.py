"""How long tasks take, learnt as they run: what decides how many a worker may hold."""

from __future__ import annotations

import threading

from workers.platform_worker.attempt import Pair

# Nothing is known of it: long enough to be taken one by one.
UNKNOWN_SECONDS = 60.0
# How much a newer task counts more.
_WEIGHT = 0.1
# Work ahead of the slots: what bridges the time of a receive and a claim.
AHEAD_SECONDS = 0.1
_SHORTEST = 1e-5
# What a new child costs, before the first was measured; and how many times as long it serves while others wait for a place.
START_SECONDS, TURN_STARTS = 0.3, 3


class Pace:
    def __init__(self, *, slots: int, prefetch: int) -> None:
        self._slots, self._prefetch = slots, prefetch
        self._lock = threading.Condition()
        self._held = 0
        self._mean = UNKNOWN_SECONDS
        self._means: dict[Pair, float] = {}
        self.start_seconds = START_SECONDS
        # There are more kinds of work than places: enough of each is held that a turn is worth its child.
        # Only then: whatever a worker holds when it dies has lost an attempt.
        self.is_crowded = False

    def seconds_of(self, pair: Pair) -> float:
        return self._means.get(pair, UNKNOWN_SECONDS)

    @property
    def turn_seconds(self) -> float:
        return TURN_STARTS * self.start_seconds

    def room(self, *, wait_seconds: float = 0.0) -> int:
        """How many more may be held, waiting for the first."""
        with self._lock:
            self._lock.wait_for(lambda: self._room() > 0, timeout=wait_seconds)
            return max(self._room(), 0)

    def hold(self, count: int) -> None:
        with self._lock:
            self._held += count

    def let_go(self, count: int = 1) -> None:
        with self._lock:
            self._held -= count
            self._lock.notify_all()

    def learn(self, pair: Pair, seconds: float) -> None:
        seconds = max(seconds, _SHORTEST)
        with self._lock:
            self._means[pair] = _moved(self._means.get(pair), seconds)
            self._mean = _moved(None if self._mean == UNKNOWN_SECONDS else self._mean, seconds)

    def learn_start(self, seconds: float) -> None:
        with self._lock:
            self.start_seconds = _moved(self.start_seconds, seconds)

    def forget(self) -> None:
        """Something waits for too long: nothing more is held than can run until tasks prove short again."""
        with self._lock:
            self._mean = UNKNOWN_SECONDS

    def _room(self) -> int:
        seconds = AHEAD_SECONDS + (self.turn_seconds if self.is_crowded else 0)
        ahead = int(self._slots * seconds / self._mean)
        return self._slots + min(ahead, self._slots * (self._prefetch - 1)) - self._held


def _moved(mean: float | None, seconds: float) -> float:
    return seconds if mean is None else mean + _WEIGHT * (seconds - mean)
