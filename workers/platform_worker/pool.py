"""Which waiting attempts run in which slot: in order of arrival, at a warm child of their pair where there is one.

A new child costs more than hundreds of short tasks. So a place is turned over to another pair at once where no place serves that one,
or its own child rested for a turn, and otherwise only for so much work that it is worth a child. Whoever got a place keeps it for a turn
as long as it has work.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import Protocol

from workers.platform_worker.attempt import Attempt, Pair
from workers.platform_worker.pace import Pace

# A slot stays with its pair although another waits longer: less than a new child would cost.
LOYAL_SECONDS = 0.25
# Whoever waits behind another of its pair for so long gets a place of its own: that one may take hours.
PATIENCE_SECONDS = 1.0
# What was claimed and waits is given to somebody who has room, when no slot has come free for so long, or when it waits very long.
# Not sooner: while slots come free its turn comes, and what is handed back is claimed again, perhaps here.
STUCK_SECONDS, LONGEST_WAIT_SECONDS = 5.0, 60.0
# As much work as is sent to a child at once, so that what waits behind it does not wait long.
BATCH_SECONDS, MOST_AT_ONCE = 0.02, 64

Batch = list[Attempt]


class Place(Protocol):
    """A slot, as far as the pool cares."""

    inbox: SimpleQueue[Batch | None]
    pair: Pair | None
    # The end of its turn.
    loyal_until: float


class Pool:
    def __init__(self, pace: Pace, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = pace
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[Pair, deque[Attempt]] = {}
        self._places: list[Place] = []
        # Since when. The one that rested longest comes first: its child is the least likely to be wanted again.
        self._idle: dict[Place, float] = {}
        # When a slot last had time for something new.
        self._moved_at = self._clock()

    def open(self, places: Iterable[Place]) -> None:
        with self._lock:
            self._places = list(places)
            self._idle = dict.fromkeys(self._places, self._clock())

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
            self._moved_at = self._clock()
            pair = self._best_for(place)
            batch = self._give(place, pair) if pair else None
            if batch is None:
                self._idle[place] = self._moved_at
            # Whose place this was may need another now.
            self._assign()
            return batch

    def began(self, start_seconds: float) -> float:
        """A child was started in so many seconds. Returns the end of its turn."""
        self._pace.learn_start(start_seconds)
        return self._clock() + self._pace.turn_seconds

    def look(self) -> None:
        """Now and then: what waits may have become worth a place by waiting alone."""
        with self._lock:
            self._assign()

    def remove_overdue(self) -> list[Attempt]:
        """Those that wait for too long to be kept."""
        now = self._clock()
        longest = STUCK_SECONDS if self._moved_at < now - STUCK_SECONDS else LONGEST_WAIT_SECONDS
        return self.remove(waiting_since=now - longest)

    def remove(self, *, waiting_since: float) -> list[Attempt]:
        """Those that wait since then or longer."""
        with self._lock:
            removed = [one for line in self._waiting.values() for one in line if one.claimed_at <= waiting_since]
            gone = set(removed)
            for pair, line in list(self._waiting.items()):
                self._keep(pair, deque(one for one in line if one not in gone))
            return removed

    def _assign(self) -> None:
        warm = self._warm()
        for pair in sorted(self._waiting, key=self._age) if self._idle else ():
            while self._idle and pair in self._waiting and (place := self._idle_for(pair, warm)):
                del self._idle[place]
                place.inbox.put(self._give(place, pair))
                warm = self._warm()
        self._pace.is_crowded = len(warm.keys() | self._waiting.keys()) > len(self._places)

    def _idle_for(self, pair: Pair, warm: Counter[Pair]) -> Place | None:
        for wanted in (pair, None):
            if place := next((one for one in self._idle if one.pair == wanted), None):
                return place
        place, since = next(iter(self._idle.items()))
        has_rested = self._clock() - since > self._pace.turn_seconds
        return place if has_rested or self._deserves_a_place(pair, warm) else None

    def _best_for(self, place: Place) -> Pair | None:
        own, warm = place.pair, self._warm()
        others = [pair for pair in self._waiting if pair != own and self._deserves_a_place(pair, warm)]
        oldest = min(others, key=self._age, default=None)
        if own not in self._waiting:
            return oldest
        if oldest is None or self._clock() < place.loyal_until or self._age(own) - self._age(oldest) < LOYAL_SECONDS:
            return own
        return oldest

    def _deserves_a_place(self, pair: Pair, warm: Counter[Pair]) -> bool:
        """One more than it has."""
        line = self._waiting[pair]
        if line[0].claimed.task.secrets:  # no child but its own will do
            return True
        is_worth_it = len(line) * self._pace.seconds_of(pair) > warm[pair] * self._pace.start_seconds
        return is_worth_it or self._clock() - self._age(pair) > PATIENCE_SECONDS

    def _warm(self) -> Counter[Pair]:
        return Counter(place.pair for place in self._places if place.pair)

    def _give(self, place: Place, pair: Pair) -> Batch:
        # Said now: until its child is there, others would be given what it is about to do.
        place.pair = pair
        return self._take(pair)

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
