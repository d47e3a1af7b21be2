"""First rows of a Parquet file are read page by page."""

from __future__ import annotations

import gc
import io
import resource
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.console.preview import apart, files
from apps.console.preview.apart import first_rows
from apps.console.preview.files import BudgetedFile
from apps.console.preview.shown import MOST_COLUMNS, Unread


class Bytes:
    """As much of a store as reading takes."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def get(self, key: str, *, start: int = 0, length: int | None = None) -> bytes:
        return self.body[start : None if length is None else start + length]


def stored(table: pa.Table, *, clock: Iterator[float] | None = None, **how: object) -> BudgetedFile:
    sink = io.BytesIO()
    pq.write_table(table, sink, **how)
    return of(sink.getvalue(), clock=clock)


def of(body: bytes, *, clock: Iterator[float] | None = None) -> BudgetedFile:
    return BudgetedFile(Bytes(body), "a", len(body), **({"clock": clock.__next__} if clock else {}))  # type: ignore[arg-type]


def test_of_one_large_row_group_only_its_first_pages_are_read() -> None:
    rows = 1_000_000
    table = pa.table({"block": pa.array(range(rows)), "text": pa.array([f"{n * 7919:020d}" for n in range(rows)])})
    file = stored(table, row_group_size=rows, compression="none", use_dictionary=False)

    found = first_rows(file, {}, leave_out=frozenset(), limit=100)

    assert len(found.rows) == 100 and found.rows[99][0] == "99"
    assert file.bytes_read < 6_000_000 < file.seek(0, io.SEEK_END)


def test_a_column_that_is_closed_is_not_read() -> None:
    secret = pa.array([f"{n:0500d}" for n in range(20_000)])
    table = pa.table({"block": pa.array(range(20_000)), "Secret": secret})
    file = stored(table, compression="none", use_dictionary=False)

    found = first_rows(file, {}, leave_out=frozenset({"secret"}), limit=5)

    assert found.rows[4] == ["4", None]
    assert file.bytes_read < 1_000_000


def test_what_costs_more_than_the_budget_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 100_000)
    table = pa.table({"text": pa.array(["x" * 1_000_000])})

    with pytest.raises(Unread, match="too much for a preview"):
        first_rows(stored(table, compression="none"), {}, leave_out=frozenset(), limit=1)


def test_what_takes_too_long_is_given_up() -> None:
    with pytest.raises(Unread, match="within 5 seconds"):
        first_rows(stored(pa.table({"a": [1]}), clock=iter([0.0, 0.0, *[99.0] * 100])), {}, leave_out=frozenset(), limit=1)


def test_what_is_no_parquet_file_is_a_sentence() -> None:
    with pytest.raises(Unread, match="cannot be read as Parquet"):
        first_rows(of(b"PAR1 nothing of the kind PAR1"), {}, leave_out=frozenset(), limit=1)


def test_of_many_columns_the_first_are_read() -> None:
    table = pa.table({f"c{n}": [n] for n in range(MOST_COLUMNS + 7)})

    found = first_rows(stored(table), {}, leave_out=frozenset(), limit=10)

    assert len(found.columns) == MOST_COLUMNS and found.more_columns == 7


def _one_value(size: int) -> BudgetedFile:
    return stored(pa.table({"bomb": pa.array([b"\0" * size], pa.binary())}), compression="zstd", use_dictionary=False)


def test_a_small_file_that_becomes_huge_takes_nothing_of_this_process() -> None:
    file = _one_value(900 * 1024 * 1024)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(Unread, match="too much memory"):
        first_rows(file, {}, leave_out=frozenset(), limit=1)

    assert file.size < 200_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_value_of_the_dictionary_that_every_row_has_does_not_either() -> None:
    text = pa.array(["x" * 50_000_000])
    file = stored(pa.table({"text": pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), text)}), compression="zstd")

    with pytest.raises(Unread, match="too much memory"):
        first_rows(file, {}, leave_out=frozenset(), limit=100)


def test_whoever_decodes_has_no_keys() -> None:
    assert not any("KEY" in name or "DSN" in name for name in apart._SURROUNDINGS)
