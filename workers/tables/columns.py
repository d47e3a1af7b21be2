"""Values of a table as files have them: PostgreSQL writes them as CSV, bytes in hexadecimal digits, and Arrow reads columns of those."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from psycopg import sql

from operators.sdk.chain.decoding import word_bytes

if TYPE_CHECKING:
    import pyarrow as pa

    from workers.tables.target import TargetColumn

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

_BYTES = frozenset({"bytes", "address", "hash"})
_WORDS = frozenset({"uint256", "int256"})
_WORD_BYTES = 32
# PostgreSQL's own has neither: 76 digits, half of them behind the point, are the most that Arrow has.
_DECIMAL = (76, 38)


def copied(column: TargetColumn) -> sql.Composable:
    """As it is asked for."""
    name = sql.Identifier(column.name)
    if column.type in _BYTES:
        return sql.SQL("encode({}, 'hex')").format(name)
    if column.type == "uuid":
        return sql.SQL("replace({}::text, '-', '')").format(name)
    if column.type == "timestamp":
        return sql.SQL("to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')").format(name)
    if column.type == "boolean":
        return sql.SQL("{}::int").format(name)
    return name


def schema_of(columns: Iterable[TargetColumn]) -> pa.Schema:
    import pyarrow as pa

    types = _types()
    return pa.schema([pa.field(one.name, types[one.type], one.nullable) for one in columns])


def rows_of(body: bytes, columns: Sequence[TargetColumn]) -> pa.RecordBatch:
    """`body`: whole rows of CSV."""
    import pyarrow as pa
    from pyarrow import csv

    names = [column.name for column in columns]
    read = csv.read_csv(
        pa.BufferReader(body),
        # One block: a row may be as long as the piece is.
        read_options=csv.ReadOptions(use_threads=False, block_size=len(body) + 1, column_names=names),
        # Of a single column a row without a value is an empty line.
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types={one.name: _read_as(one.type) for one in columns}, null_values=[""], strings_can_be_null=True,
            quoted_strings_can_be_null=False, true_values=["1"], false_values=["0"],
        ),
    )  # fmt: skip
    arrays = [_settled(one.type, read.column(one.name).combine_chunks()) for one in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=schema_of(columns))


def _types() -> Mapping[str, pa.DataType]:
    import pyarrow as pa

    bytes_ = dict.fromkeys((*_BYTES, *_WORDS, "uuid"), pa.large_binary())
    return {
        "text": pa.large_string(), "json": pa.large_string(), "boolean": pa.bool_(), "int32": pa.int32(), "int64": pa.int64(),
        "uint32": pa.uint32(), "uint64": pa.uint64(), "float64": pa.float64(), "decimal": pa.decimal256(*_DECIMAL),
        "timestamp": pa.timestamp("us", tz="UTC"), "date": pa.date32(), **bytes_,
    }  # fmt: skip


def _read_as(kind: str) -> pa.DataType:
    import pyarrow as pa

    if kind in _BYTES or kind in _WORDS or kind == "uuid":
        return pa.large_string()
    return pa.timestamp("us") if kind == "timestamp" else _types()[kind]


def _settled(kind: str, values: Any) -> Any:
    import pyarrow as pa

    if kind in _BYTES or kind == "uuid":
        return _of_hexadecimal(values)
    if kind == "uint256":
        return pa.array([None if one is None else word_bytes(int(one)) for one in values.to_pylist()], pa.large_binary())
    if kind == "int256":
        signed = [None if one is None else int(one).to_bytes(_WORD_BYTES, "big", signed=True) for one in values.to_pylist()]
        return pa.array(signed, pa.large_binary())
    return values.cast(pa.timestamp("us", tz="UTC")) if kind == "timestamp" else values


def _of_hexadecimal(values: Any) -> Any:
    """All digits at once: the bytes of each value lie where its digits do, half as far."""
    import pyarrow as pa
    import pyarrow.compute as pc

    valid, offsets, data = values.buffers()
    if data is None:
        return values.cast(pa.large_binary())
    places = pa.Array.from_buffers(pa.int64(), len(values) + 1, [None, offsets], offset=values.offset)
    first, last = places[0].as_py(), places[-1].as_py()
    packed = pa.py_buffer(bytes.fromhex(memoryview(data)[first:last].tobytes().decode("ascii")))
    moved = pc.divide(pc.subtract(places, first), 2).buffers()[1]
    if valid is None or values.offset:
        found = pa.Array.from_buffers(pa.large_binary(), len(values), [None, moved, packed])
        return pc.if_else(values.is_valid(), found, None) if values.null_count else found
    return pa.Array.from_buffers(pa.large_binary(), len(values), [valid, moved, packed])
