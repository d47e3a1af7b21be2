"""The first rows of a Parquet file, decoded in a process of its own: `python -m apps.console.preview.decoding`.

A page says itself how large it becomes: 20 kB may be gigabytes of one value, which no budget of what is read would see. Here the
system ends what takes too much, and nobody else notices. This process has no key to anything: it asks for each range that it reads.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any, BinaryIO, cast

from apps.console.preview.cells import text_of
from apps.console.preview.shown import MOST_COLUMNS, Rows, Unread
from operators.sdk.by_ranges import ByRanges

# pyarrow takes 60 MB, of processes that may never show a row.
# ruff: noqa: PLC0415

MOST_MEMORY, MOST_CPU_SECONDS = 1024**3, 5
# At once of a column: most first pages are smaller.
_AT_ONCE = 128 * 1024
TOO_LARGE = "Its first rows take too much memory for a preview: they hold very long values."


class AskedFile(ByRanges):
    """A file that another process has."""

    def __init__(self, there: Connection[bytes, bytes], size: int) -> None:
        super().__init__(size)
        self._there = there

    def fetch(self, start: int, length: int) -> bytes:
        tell(self._there, {"start": start, "length": length})
        return self._there.recv_bytes()


def first_rows(file: BinaryIO, declared: Mapping[str, str], *, leave_out: frozenset[str], limit: int) -> Rows:
    """`leave_out`: columns, folded, that are not read at all. Raises Unread for what is no Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file, buffer_size=_AT_ONCE, pre_buffer=False) as parquet:
            fields = list(parquet.schema_arrow)[:MOST_COLUMNS]
            read = [field.name for field in fields if field.name.lower() not in leave_out]
            batches = parquet.iter_batches(batch_size=limit, columns=read, use_threads=False)
            # A file without a column that may be read has rows all the same.
            found = next(iter(batches), None) if read else None
    except MemoryError:
        raise Unread(TOO_LARGE) from None
    except (pa.ArrowException, OSError) as error:
        raise Unread(f"One of its files cannot be read as Parquet: {str(error)[:200]}") from error
    values = {name: found.column(place).to_pylist() for place, name in enumerate(read)} if found is not None else {}
    count = found.num_rows if found is not None else 0
    columns = [(field.name, declared.get(field.name) or str(field.type)) for field in fields]
    return Rows(columns, _rows(values, columns, count), len(parquet.schema_arrow) - len(fields))


def _rows(values: Mapping[str, Sequence[Any]], columns: Sequence[tuple[str, str]], count: int) -> list[list[str | None]]:
    nothing = [None] * count
    return [[text_of(values.get(name, nothing)[at], kind) for name, kind in columns] for at in range(count)]


def tell(there: Connection[bytes, bytes], what: Mapping[str, object]) -> None:
    there.send_bytes(json.dumps(what).encode())


def main(there: Connection[bytes, bytes]) -> None:
    asked = json.loads(there.recv_bytes())
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    file = cast("BinaryIO", AskedFile(there, asked["size"]))
    try:
        found = first_rows(file, asked["declared"], leave_out=frozenset(asked["leave_out"]), limit=asked["limit"])
        tell(there, {"columns": found.columns, "rows": found.rows, "more_columns": found.more_columns})
    except Unread as why:
        tell(there, {"unread": str(why)})
    except MemoryError:
        tell(there, {"unread": TOO_LARGE})


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
