"""From the bytes of a batch to its rows, checked against the schema."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pyarrow as pa

from apps.platform.contracts.buffers import BatchClaimed
from operators.sdk.rows import exact, quick
from operators.sdk.rows.faults import Refused, refused
from workers.sink import arrow_ipc
from workers.sink.bound import MOST_UNPACKED_BYTES, Bound
from workers.sink.parquet_rows import read_parquet

_GZIP = b"\x1f\x8b"


def read(claimed: BatchClaimed, body: bytes, *, is_doubted: bool = False) -> pa.Table:
    """Columns that are ready to be written. `is_doubted`: its table has refused what was read quickly. Raises Refused."""
    body = _unpacked(body)
    columns = claimed.columns
    if claimed.content_type == "application/x-ndjson":
        _count_values(body.count(b"\n"), len(columns))
        found = None if is_doubted else quick.read_lines(body, columns)
        return exact.read_lines(body, columns) if found is None else found
    table = _opened(claimed.content_type, body)
    found = None if is_doubted else quick.settled(table, columns)
    return exact.read_table(table, columns) if found is None else found


def _unpacked(body: bytes) -> bytes:
    """Whether it is packed is seen by how it begins: nothing else that is taken begins so."""
    if not body.startswith(_GZIP):
        return body
    whole, rest = bytearray(), body
    while rest:
        unpacking = zlib.decompressobj(wbits=31)
        try:
            whole += unpacking.decompress(rest, MOST_UNPACKED_BYTES + 1 - len(whole))
        except zlib.error as error:
            raise refused(f"is packed with gzip, and cannot be unpacked: {error}") from None
        if len(whole) > MOST_UNPACKED_BYTES:
            raise refused(f"is larger than {MOST_UNPACKED_BYTES:,} bytes once it is unpacked")
        if not unpacking.eof:
            raise refused("is packed with gzip, and ends in the middle")
        rest = unpacking.unused_data
    return bytes(whole)


def _count_values(rows: int, columns: int) -> None:
    try:
        Bound().count_values(rows, columns)
    except ValueError as error:
        raise refused(str(error)) from None


def _opened(content_type: str, body: bytes) -> pa.Table:
    try:
        table = _OPENERS[content_type](body, Bound())
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise refused(f"is no {content_type} that can be taken: {error}") from None
    return table


_OPENERS: dict[str, Callable[[bytes, Bound], pa.Table]] = {
    "application/vnd.apache.arrow.stream": arrow_ipc.read_stream,
    "application/vnd.apache.arrow.file": arrow_ipc.read_file,
    "application/vnd.apache.parquet": read_parquet,
}

__all__ = ["Refused", "read"]
