"""An object of the store as a file that pyarrow reads by ranges."""

from __future__ import annotations

from apps.platform.ports.objects import ObjectStore
from operators.sdk.by_ranges import ByRanges


class StoredFile(ByRanges):
    def __init__(self, store: ObjectStore, key: str, size_bytes: int) -> None:
        super().__init__(size_bytes)
        self._store, self._key = store, key

    def fetch(self, start: int, length: int) -> bytes:
        return self._store.get(self._key, start=start, length=length)
