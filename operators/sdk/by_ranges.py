"""Something that is fetched by ranges, as a file that pyarrow reads."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod


class ByRanges(io.RawIOBase, ABC):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size, self._at = size, 0

    @abstractmethod
    def fetch(self, start: int, length: int) -> bytes:
        """Never asked for nothing, nor beyond the end."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = max(self.size - self._at, 0)
        wanted = left if size < 0 else min(size, left)
        data = self.fetch(self._at, wanted) if wanted else b""
        self._at += len(data)
        return data
