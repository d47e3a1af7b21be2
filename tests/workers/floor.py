"""The slots of a worker without processes: what they would do, on a clock that only their work moves."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.workers.test_pool import Place
from workers.platform_worker.attempt import Attempt, Pair
from workers.platform_worker.pace import Pace
from workers.platform_worker.pool import Batch, Pool

# How often the worker looks at what waits.
_LOOK_SECONDS = 0.5


@dataclass
class Floor:
    """`task_seconds` and `start_seconds`: what a task, and a new child, costs on this machine."""

    slots: int
    task_seconds: float
    start_seconds: float
    now: float = 0.0
    starts: int = 0
    done: list[Attempt] = field(default_factory=list)
    # How long each had waited.
    handed_back: dict[Attempt, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pace = Pace(slots=self.slots, prefetch=64)
        self._pool = Pool(self._pace, clock=lambda: self.now)
        self._places = [Place() for _ in range(self.slots)]
        self._pool.open(self._places)
        self._children: dict[int, Pair] = {}
        self._busy: list[tuple[float, int, Place, Batch, float]] = []
        self._numbers = itertools.count()

    def run(self, tasks: Sequence[Attempt]) -> None:
        """All of them, as the queue brings them."""
        queue, look_at = deque(tasks), self.now + _LOOK_SECONDS
        end = len(self.done) + len(self.handed_back) + len(tasks)
        while len(self.done) + len(self.handed_back) < end:
            self._receive(queue)
            if self._busy and self._busy[0][0] <= look_at:
                self.now, _, place, batch, start_seconds = heapq.heappop(self._busy)
                self._end(place, batch, start_seconds)
            else:
                self.now, look_at = look_at, look_at + _LOOK_SECONDS
                self._look()

    def _receive(self, queue: deque[Attempt]) -> None:
        some = [queue.popleft() for _ in range(min(self._pace.room(), len(queue)))]
        for attempt in some:
            attempt.claimed_at = self.now
        self._pace.hold(len(some))
        self._pool.put(some)
        self._begin_what_was_given()

    def _look(self) -> None:
        self._pool.look()
        overdue = self._pool.remove_overdue()
        self._pace.let_go(len(overdue))
        self.handed_back |= {attempt: self.now - attempt.claimed_at for attempt in overdue}
        self._begin_what_was_given()

    def _begin_what_was_given(self) -> None:
        for place in self._places:
            if not place.inbox.empty() and (batch := place.inbox.get()):
                self._begin(place, batch)

    def _begin(self, place: Place, batch: Batch) -> None:
        start_seconds = 0.0
        if self._children.get(id(place)) != batch[0].pair:
            self._children[id(place)] = batch[0].pair
            self.starts += 1
            start_seconds = self.start_seconds
        ends_at = self.now + start_seconds + len(batch) * self.task_seconds
        heapq.heappush(self._busy, (ends_at, next(self._numbers), place, batch, start_seconds))

    def _end(self, place: Place, batch: Batch, start_seconds: float) -> None:
        for attempt in batch:
            self._pace.learn(attempt.pair, self.task_seconds)
        self._pace.let_go(len(batch))
        self.done += batch
        if start_seconds:
            place.loyal_until = self._pool.began(start_seconds)
        place.pair = self._children[id(place)]
        if more := self._pool.next_for(place):
            self._begin(place, more)
        self._begin_what_was_given()
