"""The log of one process: a file that starts over before it fills the disk."""

from __future__ import annotations

import contextlib
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

MAX_BYTES = 20_000_000


class LogFile:
    """`<name>.log`, and the one before it as `<name>.log.1`. A full disk loses lines, never the process."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._stream: FileIO | None = None

    def write(self, line: str) -> None:
        try:
            # Opened here, not at the start: what fails now may work for the next line.
            self._stream = self._stream or self._opened()
            self._stream.write(f"{line}\n".encode())
            if self._stream.tell() > self._max_bytes:
                self._rotate(self._stream)
        except (OSError, ValueError):
            pass

    def _rotate(self, full: FileIO) -> None:
        """The new file first: where it cannot be opened, the old one goes on."""
        with contextlib.suppress(FileNotFoundError):  # moved by an earlier try that got no further
            self._path.replace(self._path.with_suffix(".log.1"))
        self._stream = self._opened()
        full.close()

    def _opened(self) -> FileIO:
        # Unbuffered: what a full disk refused must not lie in a buffer and fail again at the close.
        return self._path.open("ab", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._stream:
            self._stream.close()
