"""A file in the object store, read by ranges, within a budget of bytes and of time."""

from __future__ import annotations

import time
from collections.abc import Callable

from apps.console.preview.shown import Unread
from apps.datasets.stored_file import StoredFile
from apps.platform.ports.objects import ObjectStore

MOST_BYTES, MOST_SECONDS = 64 * 1024 * 1024, 5.0
TOO_LONG = f"Its first rows could not be read within {MOST_SECONDS:.0f} seconds."


class BudgetedFile(StoredFile):
    """As much of an object as is asked for, and no more than the budget has."""

    def __init__(self, store: ObjectStore, key: str, size: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(store, key, size)
        self._clock = clock
        self.bytes_read, self._until = 0, clock() + MOST_SECONDS

    def restart_clock(self) -> None:
        self._until = self._clock() + MOST_SECONDS

    def seconds_left(self) -> float:
        return max(0.0, self._until - self._clock())

    def fetch(self, start: int, length: int) -> bytes:
        self._spend(length)
        return super().fetch(start, length)

    def _spend(self, wanted: int) -> None:
        self.bytes_read += wanted
        if self.bytes_read > MOST_BYTES:
            raise Unread(f"Its first rows lie in more than {MOST_BYTES // 1024**2} MiB, which is too much for a preview.")
        if self._clock() > self._until:
            raise Unread(TOO_LONG)
