"""A file of the object store, read by ranges: as much of one as pyarrow asks of what it reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from operators.sdk.by_ranges import ByRanges
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


class RangedFile(ByRanges):
    """`fetched` are the bytes that came from the store."""

    def __init__(self, opening: Opening, path: str, file: File) -> None:
        super().__init__(file.size_bytes)
        self._opening, self._path, self._file = opening, path, file
        self._opened_by: FileSystem | None = None
        self._handle: Any = None
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
            self._held = [(start, self._read(start, end - start)) for start, end in spans]

    def fetch(self, start: int, length: int) -> bytes:
        held = self._of_held(start, length)
        return held if held is not None else self._read(start, length)

    def _of_held(self, start: int, length: int) -> bytes | None:
        for begins, data in self._held:
            if begins <= start and start + length <= begins + len(data):
                return data[start - begins : start - begins + length]
        return None

    def _hold_all(self) -> None:
        body = self._read(0, self._file.size_bytes)
        self._held = [(0, body)]
        if sha256(body).hexdigest() != self._file.sha256:
            raise Differs(self._path, "its SHA-256 is another one")

    def _read(self, start: int, length: int) -> bytes:
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
