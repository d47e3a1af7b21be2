"""How long to wait before a process is started again."""

from __future__ import annotations

FIRST_SECONDS, LONGEST_SECONDS = 0.25, 30.0
# Ready for this long: what happened before is forgotten and the waits start small again.
STABLE_SECONDS = 60.0


class Backoff:
    """Twice as long each time, up to half a minute."""

    def __init__(self) -> None:
        self._next = FIRST_SECONDS

    def after(self, ready_seconds: float) -> float:
        """The wait after an end; `ready_seconds` is how long it had been ready, 0 when it never was."""
        wait = FIRST_SECONDS if ready_seconds > STABLE_SECONDS else self._next
        self._next = min(wait * 2, LONGEST_SECONDS)
        return wait
