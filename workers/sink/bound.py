"""How large a batch may be once it is unpacked. Few bytes may stand for any number, so it is counted while they are read."""

from __future__ import annotations

import pyarrow as pa

MOST_UNPACKED_BYTES = 128 * 1024 * 1024
# Rows times columns: a value that is missing takes no byte of a batch, and some of the sink's memory.
MOST_VALUES = MOST_UNPACKED_BYTES // 4


class Bound:
    def __init__(self, *, most_bytes: int = MOST_UNPACKED_BYTES) -> None:
        self._most_bytes, self._bytes, self._values = most_bytes, 0, 0

    def expect(self, size: int) -> None:
        """Before it is there; nothing is counted yet."""
        if self._bytes + size > self._most_bytes:
            raise ValueError(f"it is larger than {self._most_bytes:,} bytes once it is unpacked")

    def count(self, rows: pa.RecordBatch) -> None:
        self.expect(rows.nbytes)
        self.count_values(rows.num_rows, rows.num_columns)
        self._bytes += rows.nbytes

    def count_values(self, rows: int, columns: int) -> None:
        self._values += rows * max(columns, 1)
        if self._values > MOST_VALUES:
            raise ValueError(f"it is larger than {MOST_VALUES:,} values, which are its rows times its columns")
