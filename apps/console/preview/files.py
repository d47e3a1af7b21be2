"""A file in the object store, read by ranges, within a budget of bytes and of time."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

from apps.console.preview.shown import Unread
from apps.platform.ports.objects import ObjectStore

MOST_BYTES, MOST_SECONDS = 64 * 1024 * 1024, 5.0
TOO_LONG = f"Its first rows could not be read within {MOST_SECONDS:.0f} seconds."


class StoredFile(io.RawIOBase):
    """As much of an object as is asked for, and no more than the budget has."""

    def __init__(self, store: ObjectStore, key: str, size: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._store, self._key, self.size, self._at, self._clock = store, key, size, 0, clock
        self.bytes_read, self._until = 0, clock() + MOST_SECONDS

    def restart_clock(self) -> None:
        self._until = self._clock() + MOST_SECONDS

    def seconds_left(self) -> float:
        return max(0.0, self._until - self._clock())

    def read(self, size: int = -1) -> bytes:
        left = self.size - self._at
        wanted = left if size < 0 else min(size, left)
        if wanted <= 0:
            return b""
        self._spend(wanted)
        found = self._store.get(self._key, start=self._at, length=wanted)
        self._at += len(found)
        return found

    def _spend(self, wanted: int) -> None:
        self.bytes_read += wanted
        if self.bytes_read > MOST_BYTES:
            raise Unread(f"Its first rows lie in more than {MOST_BYTES // 1024**2} MiB, which is too much for a preview.")
        if self._clock() > self._until:
            raise Unread(TOO_LONG)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True
