"""Which waiting attempts run in which slot: in order of arrival, at a warm child of their pair where there is one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from queue import SimpleQueue
from typing import Protocol

from workers.platform_worker.attempt import Attempt, Pair
from workers.platform_worker.pace import Pace

# A slot stays with its pair although another waits longer: less than a new child would cost.
LOYAL_SECONDS = 0.25
# As much work as is sent to a child at once, so that what waits behind it does not wait long.
BATCH_SECONDS, MOST_AT_ONCE = 0.02, 64

Batch = list[Attempt]


class Place(Protocol):
    """A slot, as far as the pool cares."""

    inbox: SimpleQueue[Batch | None]
    pair: Pair | None


class Pool:
    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._lock = threading.Lock()
        self._waiting: dict[Pair, deque[Attempt]] = {}
        self._places: list[Place] = []
        # The one that rested longest comes first: its child is the least likely to be wanted again.
        self._idle: list[Place] = []

    def open(self, places: Iterable[Place]) -> None:
        with self._lock:
            self._places = list(places)
            self._idle = list(self._places)

    def put(self, attempts: Iterable[Attempt], *, first: bool = False) -> None:
        """`first`: they were to run already, when the child before them died."""
        with self._lock:
            for attempt in attempts:
                line = self._waiting.setdefault(attempt.pair, deque())
                line.appendleft(attempt) if first else line.append(attempt)
            self._assign()

    def next_for(self, place: Place) -> Batch | None:
        """More work for a slot that has done what it had; None when it is to rest."""
        with self._lock:
            if pair := self._best_for(place):
                return self._take(pair)
            self._idle.append(place)
            return None

    def remove(self, *, waiting_since: float) -> list[Attempt]:
        """Those that wait since then or longer."""
        with self._lock:
            removed = [one for line in self._waiting.values() for one in line if one.claimed_at <= waiting_since]
            gone = set(removed)
            for pair, line in list(self._waiting.items()):
                self._keep(pair, deque(one for one in line if one not in gone))
            return removed

    def _assign(self) -> None:
        while self._idle and self._waiting:
            pair = min(self._waiting, key=self._age)
            place = next((one for one in self._idle if one.pair == pair), None) or next(
                (one for one in self._idle if one.pair is None), self._idle[0]
            )
            self._idle.remove(place)
            place.inbox.put(self._take(pair))

    def _best_for(self, place: Place) -> Pair | None:
        if not self._waiting:
            return None
        oldest = min(self._waiting, key=self._age)
        own = place.pair
        if own in self._waiting and self._age(own) - self._age(oldest) < LOYAL_SECONDS:
            return own
        return oldest

    def _age(self, pair: Pair) -> float:
        return self._waiting[pair][0].claimed_at

    def _take(self, pair: Pair) -> Batch:
        line = self._waiting[pair]
        if line[0].claimed.task.secrets:
            count = 1
        else:
            share = -(-len(line) // len(self._places))
            short = int(BATCH_SECONDS / self._pace.seconds_of(pair))
            count = max(1, min(share, short, MOST_AT_ONCE))
        batch: Batch = []
        while line and len(batch) < count and (not batch or not line[0].claimed.task.secrets):
            batch.append(line.popleft())
        self._keep(pair, line)
        return batch

    def _keep(self, pair: Pair, line: deque[Attempt]) -> None:
        if line:
            self._waiting[pair] = line
        else:
            del self._waiting[pair]
