"""Whether the main loop of a process still turns: a server thread answers long after the loop beside it got stuck."""

from __future__ import annotations

from datetime import timedelta

from apps.platform.clock import Clock, SystemClock

# Longer than anything a loop waits for by design: a broker, a database, ten requests to a plane that is slow.
LONGEST_SILENCE = timedelta(minutes=3)


class Stuck(Exception):
    """The main loop has not come by for too long."""


class Heartbeat:
    """`beat` at every turn of the loop. Nothing is expected before the first beat, nor after `rest`."""

    def __init__(self, *, clock: Clock | None = None, longest_silence: timedelta = LONGEST_SILENCE) -> None:
        self._clock = clock or SystemClock()
        self._longest = longest_silence
        self._last: float | None = None

    def beat(self) -> None:
        self._last = self._clock.monotonic()

    def rest(self) -> None:
        """The loop has left for something that may take any time, such as a broker that is away."""
        self._last = None

    def check(self) -> None:
        last = self._last
        if last is not None and (silent := self._clock.monotonic() - last) > self._longest.total_seconds():
            raise Stuck(f"the main loop has not come by for {silent:.0f} s")
