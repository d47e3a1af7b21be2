"""What a Parquet file says of itself, read from its last bytes: rows and schema that a manifest must agree with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.datasets.stored_file import StoredFile
from apps.platform.ports.objects import ObjectStore
from operators.sdk.manifest import Field

# pyarrow takes 60 MB, of processes that may never commit a file.
# ruff: noqa: PLC0415

_MAGIC = b"PAR1"
# Most footers fit; one that does not is fetched again, whole.
_GUESS_BYTES = 64 * 1024
_MOST_BYTES = 32 * 1024 * 1024
_BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Footer:
    rows: int
    schema: Sequence[Field]
    # Of the asked column; None where the file does not say it, or has no rows.
    smallest: int | None
    largest: int | None
    has_nulls: bool
    # That were read because the file does not say what they are.
    rows_read: int = 0


class NoStatistics(ValueError):
    """There are more rows than are read for what their file should say of them."""


def read_footer(store: ObjectStore, key: str, *, size_bytes: int, column: str | None, most_read: int) -> Footer:
    """Raises ValueError for what is no Parquet file, NoStatistics where more than so many rows would have to be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(pa.BufferReader(_MAGIC + _tail(store, key, size_bytes)))
        fields = [Field(field.name, str(field.type), field.nullable) for field in metadata.schema.to_arrow_schema()]
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"it is no Parquet file: {error}") from error
    names = {field.name for field in fields}
    if column in names and metadata.num_rows and not _says_all(metadata, column):
        if metadata.num_rows > most_read:
            raise NoStatistics(
                f"its column {column} has no statistics, and too many rows to read them all. Write it with statistics"
            )
        return Footer(metadata.num_rows, fields, *_read_bounds(store, key, size_bytes, column), rows_read=metadata.num_rows)
    return Footer(metadata.num_rows, fields, *_bounds(metadata, column))


def _says_all(metadata: Any, column: str) -> bool:
    """Whether each group has statistics of the column: a file may be written without, and its rows are to be known all the same."""
    chunks = [
        chunk
        for group in range(metadata.num_row_groups)
        for chunk in (metadata.row_group(group).column(number) for number in range(metadata.num_columns))
        if chunk.path_in_schema == column
    ]
    return all(
        (stats := chunk.statistics) is not None
        and stats.has_null_count
        and (stats.has_min_max or stats.null_count == chunk.num_values)
        for chunk in chunks
    )


def _read_bounds(store: ObjectStore, key: str, size_bytes: int, column: str) -> tuple[int | None, int | None, bool]:
    """Of the column itself, group by group."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    lows, highs, has_nulls = [], [], False
    try:
        file = pq.ParquetFile(StoredFile(store, key, size_bytes), pre_buffer=False)
        if not pa.types.is_integer(file.schema_arrow.field(column).type):
            return None, None, False
        for batch in file.iter_batches(_BATCH_ROWS, columns=[column], use_threads=False):
            values = batch.column(0)
            found = pc.min_max(values).as_py()
            has_nulls = has_nulls or values.null_count > 0
            if found["min"] is not None:
                lows.append(found["min"])
                highs.append(found["max"])
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"its column {column} cannot be read: {error}") from error
    return min(lows, default=None), max(highs, default=None), has_nulls


def _tail(store: ObjectStore, key: str, size_bytes: int) -> bytes:
    guess = min(size_bytes, _GUESS_BYTES)
    tail = store.get(key, start=size_bytes - guess)
    if len(tail) < 12 or tail[-4:] != _MAGIC:
        raise ValueError("it does not end as a Parquet file does")
    wanted = int.from_bytes(tail[-8:-4], "little") + 8
    if wanted > min(size_bytes, _MOST_BYTES):
        raise ValueError(f"it says that its footer has {wanted:,} bytes")
    return tail if wanted <= len(tail) else store.get(key, start=size_bytes - wanted)


def _bounds(metadata: Any, column: str | None) -> tuple[int | None, int | None, bool]:
    """(smallest, largest, has nulls) over all row groups."""
    found = [
        chunk.statistics
        for group in range(metadata.num_row_groups)
        for chunk in (metadata.row_group(group).column(number) for number in range(metadata.num_columns))
        if chunk.path_in_schema == column and chunk.statistics is not None
    ]
    bounds = [(one.min, one.max) for one in found if one.has_min_max and isinstance(one.min, int)]
    has_nulls = any(one.has_null_count and one.null_count for one in found)
    if not bounds:
        return None, None, has_nulls
    return min(low for low, _ in bounds), max(high for _, high in bounds), has_nulls
