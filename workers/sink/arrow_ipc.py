"""Arrow's own formats, message by message: what a message stands for is known before any of it is unpacked."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pyarrow as pa
from pyarrow import ipc

from workers.sink.bound import Bound

_MAGIC = b"ARROW1\0\0"
_HEADER = 2  # of a Message, as Arrow's Message.fbs numbers its fields
_BUFFERS, _COMPRESSION = 2, 3  # of a RecordBatch


def read_file(body: bytes, bound: Bound) -> pa.Table:
    """A file is a stream between two marks. Its index, which may name a message twice, is not looked at."""
    if not body.startswith(_MAGIC):
        raise ValueError("it does not begin as such a file does")
    return read_stream(body[len(_MAGIC) :], bound)


def read_stream(body: bytes, bound: Bound) -> pa.Table:
    """Raises ValueError, OSError, ArrowException."""
    messages = ipc.MessageReader.open_stream(pa.BufferReader(body))
    schema = ipc.read_schema(messages.read_next_message())
    refuse_what_expands(schema)
    return pa.Table.from_batches(_batches(messages, schema, bound), schema)


def _batches(messages: ipc.MessageReader, schema: pa.Schema, bound: Bound) -> Iterator[pa.RecordBatch]:
    for message in messages:
        if message.type != "record batch":
            raise ValueError(f"it has a {message.type}, where only batches of rows may be")
        bound.expect(_unpacked_size(message))
        batch = ipc.read_record_batch(message, schema)
        bound.count(batch)
        yield batch


def refuse_what_expands(schema: pa.Schema) -> None:
    """Types by which any number of rows share one value: a few bytes of them are written out as any number."""
    for field in schema:
        if any(_is_shared(kind) for kind in _kinds(field.type)):
            raise ValueError(f"the column `{field.name}` is {field.type}: write its values out, without an index into others")


def _kinds(kind: pa.DataType) -> Iterator[pa.DataType]:
    yield kind
    for at in range(kind.num_fields):
        yield from _kinds(kind.field(at).type)


def _is_shared(kind: pa.DataType) -> bool:
    is_view = pa.types.is_string_view(kind) or pa.types.is_binary_view(kind)
    is_list_view = pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind)
    return bool(pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind) or is_view or is_list_view)


def _unpacked_size(message: ipc.Message) -> int:
    """Arrow makes room for as many bytes as each packed buffer says at its start, and refuses one that has another number."""
    head, body = message.metadata.to_pybytes(), message.body
    try:
        batch = _followed(head, _field(head, _followed(head, 0), _HEADER))
        if not _field(head, batch, _COMPRESSION):
            return len(body)
        return sum(_size(body, *at) for at in _buffers(head, batch))
    except struct.error as error:
        raise ValueError("a message of it ends in the middle") from error


def _buffers(head: bytes, batch: int) -> Iterator[tuple[int, int]]:
    """Offset and length of each."""
    vector = _followed(head, _field(head, batch, _BUFFERS))
    (count,) = struct.unpack_from("<I", head, vector)
    for number in range(count):
        yield struct.unpack_from("<qq", head, vector + 4 + 16 * number)


def _size(body: pa.Buffer, offset: int, length: int) -> int:
    """-1 stands before what is not packed."""
    if length == 0:
        return 0
    (said,) = struct.unpack_from("<q", body, offset)
    if said < -1:
        raise ValueError("a column of it has fewer bytes than none")
    return length if said == -1 else int(said)


def _field(head: bytes, table: int, number: int) -> int:
    """Where it is; 0 where it is left out. A table of a FlatBuffer begins with the way back to the list of its fields."""
    (back,) = struct.unpack_from("<i", head, table)
    (size,) = struct.unpack_from("<H", head, table - back)
    place = 4 + 2 * number
    (offset,) = struct.unpack_from("<H", head, table - back + place) if place < size else (0,)
    return table + offset if offset else 0


def _followed(head: bytes, at: int) -> int:
    return at + int(struct.unpack_from("<I", head, at)[0])
