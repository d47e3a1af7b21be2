"""A steady stream of runs that fan out, and what each of them must have led to."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.drills.hands import Hands
from tests.journeys.stack import StackProcess

DOCUMENT = Path(__file__).with_name("load.yaml")
# Multiples of 50: every job's parts come out even.
SIZES = (50, 50, 100, 100, 150, 250, 500)
_APART = 1_000
_PAUSE_SECONDS = 3.0
# Which job makes a task per so many blocks.
_PER_BLOCKS = {"block": 1, "nap": 25, "whole": 25, "flaky": 25}
_WHOLE_RANGE = 50
Place = tuple[str, str, int, int]


@dataclass(frozen=True)
class Run:
    """Accepted: somebody was told so."""

    root_id: str
    start: int
    end: int

    def tasks(self) -> Iterator[Place]:
        for job in ("start", "blocks", "spans", "parts"):
            yield job, self.root_id, self.start, self.end
        for job, size in _PER_BLOCKS.items():
            for start in range(self.start, self.end + 1, size):
                yield job, self.root_id, start, start + size - 1

    def whole_ranges(self) -> Iterator[tuple[int, int]]:
        for start in range(self.start, self.end + 1, _WHOLE_RANGE):
            yield start, start + _WHOLE_RANGE - 1


class Load:
    """`may_grow` says whether another run may be started now: a backlog that only grows drowns what is to be seen."""

    def __init__(self, stack: Callable[[], StackProcess], seed: int, may_grow: Callable[[], bool]) -> None:
        self._may_grow = may_grow
        self._random = random.Random(seed)
        self.hands = Hands(stack)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep_starting, daemon=True)
        self._fault: BaseException | None = None
        self.runs: list[Run] = []

    def deploy(self) -> None:
        self.hands.deploy(DOCUMENT.read_text())

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No run is started any more; the one that somebody was just asking for is accepted first."""
        self._stop.set()
        self._thread.join(timeout=90)
        assert not self._thread.is_alive(), "nobody took the last run within 90 s"
        assert self._fault is None, f"the load failed: {self._fault!r}"

    def pause(self, job: str) -> None:
        self.hands.pause(job)

    def end(self) -> None:
        self._stop.set()
        self.hands.give_up()

    def tasks(self) -> Counter[Place]:
        return Counter(place for run in self.runs for place in run.tasks())

    def whole_ranges(self) -> Counter[tuple[int, int]]:
        return Counter(whole for run in self.runs for whole in run.whole_ranges())

    def _keep_starting(self) -> None:
        try:
            while not self._stop.wait(_PAUSE_SECONDS if self.runs else 0):
                if self._may_grow():
                    self._start_one()
        except BaseException as fault:  # noqa: BLE001  told by whoever waits for the thread
            self._fault = fault

    def _start_one(self) -> None:
        number = len(self.runs)
        start, size = number * _APART, self._random.choice(SIZES)
        last = start + size - 1
        self.runs.append(Run(self.hands.start(f"run-{number}", start, last), start, last))
