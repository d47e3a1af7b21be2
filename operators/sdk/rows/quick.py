"""A batch column by column, as Arrow reads it: what is surely right goes through, at many times the speed of looking at each value.

None wherever there is a doubt: then `exact` reads it, which also finds the words for what is wrong. What is let through here and
is wrong all the same (a number too large for its column, the 30th of February) is refused by the table itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from operators.sdk.rows.columns import Column
from operators.sdk.rows.kinds import BINARY, PATTERNS

_NUMBERS: Mapping[str, Any] = {
    "int32": pa.int32(), "int64": pa.int64(), "uint32": pa.uint32(), "uint64": pa.uint64(), "uint256": pa.uint64(),
    "int256": pa.int64(), "decimal": pa.int64(),
}  # fmt: skip
# How many bytes each value has; None: any number.
_BYTES = {**BINARY, "uuid": 16}
_PLAIN: Mapping[str, Any] = {"boolean": pa.bool_(), "float64": pa.float64()}


def read_lines(body: bytes, columns: Sequence[Column]) -> pa.Table | None:
    if any(column.type == "json" for column in columns) or not _is_text(body):
        return None
    first = _first(body)
    if first is None:
        return None
    schema = pa.schema([(column.name, _expected(column.type, first.get(column.name))) for column in columns])
    options = arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    try:
        # One block: a row may be as long as the batch.
        read = arrow_json.read_json(BytesIO(body), arrow_json.ReadOptions(block_size=len(body) + 1), options)
    except pa.ArrowException:
        return None
    return settled(read, columns)


def settled(read: pa.Table, columns: Sequence[Column]) -> pa.Table | None:
    """Each column as it is written to the table."""
    if set(read.column_names) != {column.name for column in columns} or len(read.column_names) != len(columns):
        return None
    found = [_settled(column, read.column(column.name)) for column in columns]
    if any(one is None for one in found):
        return None
    return pa.table(found, names=[column.name for column in columns])


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _first(body: bytes) -> Mapping[str, Any] | None:
    """Of the first row: the others are most likely written alike."""
    try:
        read = json.loads(body.partition(b"\n")[0])
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _expected(kind: str, value: Any) -> Any:
    if type(value) is int and kind in _NUMBERS:
        return _NUMBERS[kind]
    if value is None and kind in {"int32", "int64", "uint32"}:
        return _NUMBERS[kind]
    return _PLAIN.get(kind, pa.string())


def _settled(column: Column, values: Any) -> Any:
    if values.null_count and not column.nullable:
        return None
    if pa.types.is_string(values.type):
        return _of_text(column.type, values)
    if column.type in _BYTES and _is_binary(values.type):
        return _of_bytes(column.type, values)
    if column.type in _NUMBERS and pa.types.is_integer(values.type):
        return _of_numbers(column.type, values)
    is_so = _AS_THEY_ARE.get(column.type)
    return values if is_so and is_so(values) else None


def _is_finite(values: Any) -> bool:
    return bool(pa.types.is_float64(values.type) and pc.all(pc.is_finite(values), min_count=0).as_py())


def _is_instant(values: Any) -> bool:
    """PostgreSQL keeps microseconds."""
    return bool(pa.types.is_timestamp(values.type) and values.type.tz in {"UTC", "Z", "+00:00"} and values.type.unit != "ns")


_AS_THEY_ARE: Mapping[str, Callable[[Any], bool]] = {
    "boolean": lambda values: bool(pa.types.is_boolean(values.type)), "float64": _is_finite, "timestamp": _is_instant,
    "date": lambda values: bool(pa.types.is_date32(values.type)),
}  # fmt: skip


def _of_numbers(kind: str, values: Any) -> Any:
    try:
        return values.cast(_NUMBERS[kind])
    except pa.ArrowInvalid:
        return None


def _of_text(kind: str, values: Any) -> Any:
    if kind == "text":
        return values
    if kind not in PATTERNS or not pc.all(pc.match_substring_regex(values, PATTERNS[kind]), min_count=0).as_py():
        return None
    if kind in BINARY:
        return pc.binary_join_element_wise("\\x", pc.utf8_slice_codeunits(values, 2), "")
    return values


def _is_binary(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _of_bytes(kind: str, values: Any) -> Any:
    length = _BYTES[kind]
    plain = values.cast(pa.large_binary()).combine_chunks()
    if length is not None and not pc.all(pc.equal(pc.binary_length(plain), length), min_count=0).as_py():
        return None
    start, nothing = (pa.scalar(text, pa.large_string()) for text in ("" if kind == "uuid" else "\\x", ""))
    return pc.binary_join_element_wise(start, _in_hexadecimal(plain), nothing)


def _in_hexadecimal(values: Any) -> Any:
    """All bytes at once: the text of each value lies where its bytes do, twice as far."""
    _, offsets, data = values.buffers()
    if data is None:
        return values.cast(pa.large_string())
    places = pa.Array.from_buffers(pa.int64(), len(values) + 1, [None, offsets], offset=values.offset)
    first, last = places[0].as_py(), places[-1].as_py()
    text = pa.py_buffer(memoryview(data)[first:last].hex().encode())
    # Twice the distance from the first, without an offset of its own.
    moved = pc.multiply(pc.subtract(places, first), 2).buffers()[1]
    return pc.if_else(values.is_valid(), pa.LargeStringArray.from_buffers(len(values), moved, text), None)
