"""The lines of one attempt that were not shipped yet."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from apps.platform.contracts import LONGEST_LINE, MOST_LINES

# Of one body; the contract's limit is beyond.
MOST_BYTES = 3 * 1024 * 1024
MOST_WAITING_LINES, MOST_WAITING_BYTES = 4 * MOST_LINES, 2 * MOST_BYTES


class Journal:
    """Written by the thread that reads the child, read by the one that ships."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._lines: deque[str] = deque()
        self._bytes = 0
        self._next = 0
        self._is_deaf = False
        self._at_end: Callable[[], None] | None = None
        self.is_urgent = False
        self.dropped = 0

    def add(self, level: str, at: str, text: str) -> bool:
        """True when the first line came into an empty journal: whoever ships must be told."""
        line = json.dumps({"at": at, "level": level, "text": text[:LONGEST_LINE]})
        with self._lock:
            if self._is_deaf:
                self.dropped += 1
                return False
            self._lines.append(line)
            self._bytes += len(line)
            self.is_urgent = self.is_urgent or len(self._lines) >= MOST_LINES or self._bytes >= MOST_BYTES
            return len(self._lines) == 1

    def add_output(self, text: str) -> bool:
        """What was printed has no time of its own."""
        return self.add("info", datetime.now(UTC).isoformat(), text)

    def wait_for_room(self, seconds: float) -> bool:
        """A flood waits in the child's pipe, not in our memory."""
        with self._lock:
            return self._lock.wait_for(self._has_room, timeout=seconds)

    def close(self, at_end: Callable[[], None]) -> None:
        """Calls back as soon as every line is there, or cannot be any more."""
        with self._lock:
            if self._lines:
                self.is_urgent = True
                self._at_end = at_end
                return
        at_end()

    def batch(self) -> tuple[int, list[str]]:
        """The number of the first line, and lines for one body; the same again until they are `shipped`."""
        with self._lock:
            lines: list[str] = []
            size = 0
            for line in self._lines:
                size += len(line) + 1
                if lines and (size > MOST_BYTES or len(lines) >= MOST_LINES):
                    break
                lines.append(line)
            return self._next, lines

    def shipped(self, count: int, *, full: bool) -> None:
        with self._lock:
            for _ in range(count):
                self._bytes -= len(self._lines.popleft())
            self._next += count
            self.is_urgent = self._at_end is not None or len(self._lines) >= MOST_LINES
        if full:
            self.go_deaf()
        else:
            self._tell()

    def go_deaf(self) -> None:
        """Nothing more is kept: too much was said, or nobody listens."""
        with self._lock:
            self._is_deaf = True
            self.dropped += len(self._lines)
            self._lines.clear()
            self._bytes = 0
        self._tell()

    @property
    def is_empty(self) -> bool:
        return not self._lines

    def _has_room(self) -> bool:
        return len(self._lines) < MOST_WAITING_LINES and self._bytes < MOST_WAITING_BYTES

    def _tell(self) -> None:
        with self._lock:
            self._lock.notify_all()
            at_end = None if self._lines else self._at_end
            if at_end:
                self._at_end = None
        if at_end:
            at_end()
