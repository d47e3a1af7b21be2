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


class Pace:
    def __init__(self, *, slots: int, prefetch: int) -> None:
        self._slots, self._prefetch = slots, prefetch
        self._lock = threading.Condition()
        self._held = 0
        self._mean = UNKNOWN_SECONDS
        self._means: dict[Pair, float] = {}

    def seconds_of(self, pair: Pair) -> float:
        return self._means.get(pair, UNKNOWN_SECONDS)

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

    def forget(self) -> None:
        """Something waits for too long: nothing more is held than can run until tasks prove short again."""
        with self._lock:
            self._mean = UNKNOWN_SECONDS

    def _room(self) -> int:
        ahead = int(self._slots * AHEAD_SECONDS / self._mean)
        return self._slots + min(ahead, self._slots * (self._prefetch - 1)) - self._held


def _moved(mean: float | None, seconds: float) -> float:
    return seconds if mean is None else mean + _WEIGHT * (seconds - mean)
