"""The rows of a Parquet file, a group at a time: of each no more is fetched than the columns that are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from operators.sdk.errors import InputError
from operators.sdk.ranged import RangedFile
from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

BATCH_ROWS = 65_536
# To fetch so much in vain takes no longer than another call.
NEAR_BYTES = 512 * 1024


def groups(source: RangedFile, columns: Sequence[str] | None, within: Range | None, key: str) -> Iterator[pa.RecordBatch]:
    """`key` is the column that `within` is of; empty without it. Raises InputError for a column that is not there."""
    import pyarrow.parquet as pq

    # In this thread alone: keys to the store are renewed over a connection that no two may speak on.
    file = pq.ParquetFile(source, pre_buffer=False, page_checksum_verification=True)
    wanted = _wanted(file.schema_arrow.names, columns, key)
    fetched = list(dict.fromkeys([*wanted, *([key] if key else ())]))
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        if within is not None and _is_apart(group, key, within):
            continue
        source.hold(_spans(group, set(fetched)))
        for batch in file.iter_batches(BATCH_ROWS, row_groups=[number], columns=fetched, use_threads=False):
            rows = batch if within is None else _inside(batch, key, within)
            if rows.num_rows:
                yield rows.select(wanted)


def _wanted(names: Sequence[str], columns: Sequence[str] | None, key: str) -> list[str]:
    absent = [name for name in [*(columns or ()), *([key] if key else ())] if name not in names]
    if absent:
        raise InputError(f"There is no column {', '.join(absent)} in what this task reads; it has {', '.join(names)}.")
    return list(names if columns is None else columns)


def _chunks(group: Any, names: set[str]) -> Iterator[Any]:
    for number in range(group.num_columns):
        chunk = group.column(number)
        if chunk.path_in_schema.split(".")[0] in names:
            yield chunk


def _spans(group: Any, names: set[str]) -> list[tuple[int, int]]:
    """Where these columns lie: those that are near each other are one call to the store."""
    spans: list[tuple[int, int]] = []
    for chunk in _chunks(group, names):
        start = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
        end = start + chunk.total_compressed_size
        if spans and start - spans[-1][1] <= NEAR_BYTES:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _is_apart(group: Any, key: str, within: Range) -> bool:
    """As the statistics say; without them nothing is known."""
    for chunk in _chunks(group, {key}):
        if chunk.statistics is not None and chunk.statistics.has_min_max:
            return bool(chunk.statistics.min > within.end or chunk.statistics.max < within.start)
    return False


def _inside(batch: pa.RecordBatch, key: str, within: Range) -> pa.RecordBatch:
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = batch.column(key).cast(pa.decimal128(20))
    low, high = (pa.scalar(one, pa.decimal128(20)) for one in (within.start, within.end))
    return batch.filter(pc.and_(pc.greater_equal(numbers, low), pc.less_equal(numbers, high)))
