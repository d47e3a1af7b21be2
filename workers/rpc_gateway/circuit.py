"""Whether a provider is asked at all. Callers never try one that failed: the watcher does, and closes the circuit."""

from __future__ import annotations

from apps.platform.contracts.rpc import Circuit

OPENS_AFTER = 3


class Breaker:
    def __init__(self, *, first_seconds: float, longest_seconds: float) -> None:
        self._first, self._longest = first_seconds, longest_seconds
        self._cooldown = first_seconds
        self._in_a_row = 0
        self._until: float | None = None

    @property
    def is_closed(self) -> bool:
        return self._until is None

    def state(self, now: float) -> Circuit:
        if self._until is None:
            return Circuit.CLOSED
        return Circuit.OPEN if now < self._until else Circuit.HALF_OPEN

    def wait(self, now: float) -> float:
        """Until it may be tried again."""
        return 0.0 if self._until is None else max(0.0, self._until - now)

    def succeeded(self) -> None:
        self._in_a_row, self._cooldown, self._until = 0, self._first, None

    def failed(self, weight: int, now: float) -> bool:
        """True where that opened it."""
        self._in_a_row += weight
        if self._until is not None:
            if now >= self._until:
                self._cooldown = min(self._cooldown * 2, self._longest)
                self._until = now + self._cooldown
            return False
        if self._in_a_row < OPENS_AFTER:
            return False
        self._until = now + self._cooldown
        return True
