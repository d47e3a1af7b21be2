"""Counters in this process: exact where one process serves a plane, and a limit for each where several do."""

from __future__ import annotations

from collections import Counter
from threading import Lock

from apps.platform.ports.rates import Window


class LocalRates:
    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[int, Counter[str]] = {}

    def hit(self, key: str, window: Window) -> tuple[int, int]:
        with self._lock:
            self._counts = {number: count for number, count in self._counts.items() if number >= window.number - 1}
            this = self._counts.setdefault(window.number, Counter())
            this[key] += 1
            return self._counts.get(window.number - 1, Counter())[key], this[key]
