"""The log of one process: a file that starts over before it fills the disk."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

MAX_BYTES = 20_000_000


class LogFile:
    """`<name>.log`, and the one before it as `<name>.log.1`. A full disk loses lines, never the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = path.open("a", encoding="utf-8", buffering=1)

    def write(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            if self._stream.tell() > MAX_BYTES:
                self._stream.close()
                self._path.replace(self._path.with_suffix(".log.1"))
                self._stream = self._path.open("a", encoding="utf-8", buffering=1)
        except OSError:
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stream.close()
