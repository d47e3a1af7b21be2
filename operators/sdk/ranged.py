"""A file of the object store, read by ranges: as much of one as pyarrow asks of what it reads."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from operators.sdk.errors import Retry
from operators.sdk.manifest import File

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

# Fetched in one go, and then known by its hash; a larger one is checked page by page as it is read.
WHOLE_BYTES = 4 * 1024 * 1024
# Of one group of rows: what is larger is read column by column.
MOST_HELD_BYTES = 64 * 1024 * 1024

# A file system that still opens the file: keys to a store do not live for ever, and a file may be read for longer than they do.
Opening = Callable[[], "FileSystem"]


class Differs(Retry):
    """What lies there is not what was pinned."""

    def __init__(self, path: str, how: str) -> None:
        super().__init__(f"{path} is not what was pinned for this task: {how}. Another attempt reads what is there then.")


class RangedFile(io.RawIOBase):
    """`fetched` are the bytes that came from the store."""

    def __init__(self, opening: Opening, path: str, file: File) -> None:
        self._opening, self._path, self._file = opening, path, file
        self._opened_by: FileSystem | None = None
        self._handle: Any = None
        self._at = 0
        # What was fetched before it is asked for, by where it begins.
        self._held: list[tuple[int, bytes]] = []
        self.fetched = 0
        if file.size_bytes <= WHOLE_BYTES:
            self._hold_all()

    def hold(self, spans: Sequence[tuple[int, int]]) -> None:
        """Fetches what is read next, each span from its first byte to before its last, rather than piece by piece."""
        if self._file.size_bytes <= WHOLE_BYTES:
            return
        self._held = []  # first: two groups are not held at once
        if sum(end - start for start, end in spans) <= MOST_HELD_BYTES:
            self._held = [(start, self._fetch(start, end - start)) for start, end in spans]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size_bytes}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = max(self._file.size_bytes - self._at, 0)
        wanted = left if size < 0 else min(size, left)
        data = self._of_held(wanted)
        if data is None:
            data = self._fetch(self._at, wanted)
        self._at += len(data)
        return data

    def _of_held(self, wanted: int) -> bytes | None:
        for start, data in self._held:
            if start <= self._at and self._at + wanted <= start + len(data):
                return data[self._at - start : self._at - start + wanted]
        return None

    def _hold_all(self) -> None:
        body = self._fetch(0, self._file.size_bytes)
        self._held = [(0, body)]
        if sha256(body).hexdigest() != self._file.sha256:
            raise Differs(self._path, "its SHA-256 is another one")

    def _fetch(self, start: int, length: int) -> bytes:
        filesystem = self._opening()
        if filesystem is not self._opened_by:
            self._handle, self._opened_by = filesystem.open_input_file(self._path), filesystem
            if self._handle.size() != self._file.size_bytes:
                raise Differs(self._path, f"it has {self._handle.size():,} bytes and should have {self._file.size_bytes:,}")
        data: bytes = self._handle.read_at(length, start)
        if len(data) != length:
            raise Differs(self._path, "it ends too soon")
        self.fetched += length
        return data
