"""Parquet, a few rows at a time: what its writer says of its size is held to, and not believed."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from workers.sink.bound import Bound

_ROWS_AT_ONCE = 10_000


def read_parquet(body: bytes, bound: Bound) -> pa.Table:
    """Raises ValueError, OSError, ArrowException."""
    source = pa.BufferReader(body)
    file = parquet.ParquetFile(source, read_dictionary=_texts(parquet.ParquetFile(source)), pre_buffer=False)
    groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
    bound.expect(sum(group.total_byte_size for group in groups))
    schema = pa.schema([pa.field(field.name, _written_type(field.type)) for field in file.schema_arrow])
    return pa.Table.from_batches(_batches(file, schema, bound), schema)


def _texts(file: parquet.ParquetFile) -> list[str]:
    """Read as they lie there, each text once: one of a million bytes may stand in every row."""
    paths = (file.schema.column(number) for number in range(len(file.schema)))
    return [one.path for one in paths if one.physical_type == "BYTE_ARRAY" and one.path in file.schema_arrow.names]


def _written_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _batches(file: parquet.ParquetFile, schema: pa.Schema, bound: Bound) -> Iterator[pa.RecordBatch]:
    for rows in file.iter_batches(_ROWS_AT_ONCE, use_threads=False):
        bound.expect(sum(_written_size(column) for column in rows.columns))
        batch = pa.record_batch([_written_out(column) for column in rows.columns], schema=schema)
        bound.count(batch)
        yield batch


def _written_size(column: pa.Array) -> int:
    if not isinstance(column, pa.DictionaryArray):
        return int(column.nbytes)
    return pc.sum(pc.binary_length(column.dictionary).cast(pa.int64()).take(column.indices)).as_py() or 0


def _written_out(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column
