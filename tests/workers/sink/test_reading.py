"""A batch is read exactly: what is of its type goes through, and what is not is told by row, column and reason."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import reduce
from io import BytesIO
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import ipc, parquet

from apps.platform.contracts.buffers import BatchColumn
from operators.sdk.rows import exact, quick
from operators.sdk.rows.faults import Fault, Refused
from tests.workers.sink.making import claimed, column, faults_of, lines
from workers.sink import arrow_ipc
from workers.sink.bound import MOST_UNPACKED_BYTES, MOST_VALUES, Bound
from workers.sink.reading import read

MOST = 2**256 - 1


def nested(depth: int) -> Any:
    innermost: list[Any] = [0] * (depth % 2)
    return reduce(lambda inner, _: [{"a": inner}], range(depth // 2), innermost)


GOOD: dict[str, list[Any]] = {
    "text": ["", "a", "ä\n\"'\\"], "boolean": [True, False], "int32": [0, -(2**31), "2147483647"], "int64": [2**63 - 1, "-1"],
    "uint32": [0, 2**32 - 1], "uint64": [0, str(2**64 - 1), 2**64 - 1], "uint256": ["0", str(MOST), MOST, 7], "float64": [0, 1.5, -1e300],
    "int256": [str(-(2**255)), 2**255 - 1], "decimal": ["1.50", 2, -0.5, "123456789012345678901234567890.1"],
    "timestamp": ["2026-01-31T12:00:00Z", "2026-01-31 12:00:00.123456+02:00"], "date": ["2026-02-28"], "bytes": ["0x", "0xAbcd"],
    "address": ["0x" + "aB" * 20], "hash": ["0x" + "01" * 32], "json": [{"a": [1, None, 1.10]}, [], "x", 0, False, nested(100)],
    "uuid": ["6f9619ff-8b86-d011-b42d-00c04fc964ff"],
}  # fmt: skip
WRONG: dict[str, list[Any]] = {
    "text": [1, True, [], {}, "a\0b", "\ud800"], "boolean": ["true", 0, 1], "int32": [2**31, "1.0", 1.5, True, "", "0x1", " 1", "1\n", "+1", "01"],
    "int64": [2**63, "9223372036854775808"], "uint32": [-1, "-1", 2**32], "uint64": [2**64, str(2**64), -1],
    "uint256": [str(MOST + 1), MOST + 1, "-1", -1, 1.5, "1e3", "1" * 79, "１"], "int256": [2**255, str(-(2**255) - 1)],
    "float64": ["1.5", True], "decimal": ["1e3", "NaN", "", "1.", ".5", True],
    "timestamp": ["2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "2026-01-31T24:00:00Z", 1769860800, "now", "infinity"],
    "date": ["2026-02-30", "31.01.2026", 20260131], "bytes": ["abcd", "0xabc", "0xzz", 1], "address": ["0x" + "ab" * 19, "0x" + "ab" * 21],
    "hash": ["0x" + "01" * 20], "json": ["a\0b", nested(101), nested(400)], "uuid": ["6f9619ff8b86d011b42d00c04fc964f", 1],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in GOOD.items() for value in values])
def test_a_value_of_its_type_is_taken(kind: str, value: Any) -> None:
    assert faults_of({"v": kind}, lines({"v": value})) == []


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in WRONG.items() for value in values])
def test_a_value_of_another_type_is_told(kind: str, value: Any) -> None:
    good = GOOD[kind][0]

    (fault,) = doubted({"v": kind}, lines({"v": good}, {"v": value}))

    assert (fault.row, fault.column) == (2, "v") and fault.reason


def doubted(columns: dict[str, str], body: bytes) -> list[Fault]:
    """Some of what the quick way lets through is refused by the table, and then looked at again."""
    with pytest.raises(Refused) as refused:
        read(claimed(columns), body, is_doubted=True)
    return refused.value.faults


@pytest.mark.parametrize(("row", "column_name", "reason"), [
    ({}, "v", "is missing"), ({"v": None}, "v", "is null"), ({"v": 1, "w": 2}, "w", "no column"), ([1], "", "no JSON object"),
    (b"{", "", "is no JSON"), (b'{"v": 1, "v": 2}', "", "stands in it twice"), (b'{"v": NaN}', "", "NaN"), (b'{"v": "\xff"}', "", "is no JSON"),
    (b"[" * 100_000, "", "is no JSON"), (b'{"v": 1e99999999999999999999}', "", "is no JSON"),
])  # fmt: skip
def test_a_row_that_is_no_row_of_the_schema_is_told(row: Any, column_name: str, reason: str) -> None:
    (fault,) = faults_of({"v": "int64"}, lines({"v": 1}, row))

    assert (fault.row, fault.column) == (2, column_name) and reason in fault.reason


def test_what_may_be_missing_may_be() -> None:
    read_ = read(claimed({"v": "int64?", "w": "text?"}), lines({"v": 1}, {"w": None}, {"w": "", "v": None}))

    assert read_.to_pydict() == {"v": [1, None, None], "w": [None, None, ""]}


def test_every_fault_is_counted_and_the_first_20_are_kept() -> None:
    body = lines(*({"v": "x"} for _ in range(100)))

    with pytest.raises(Refused) as refused:
        read(claimed({"v": "int64"}), body)

    assert refused.value.count == 100 and [fault.row for fault in refused.value.faults] == list(range(1, 21))


def test_one_row_among_100_000_is_found() -> None:
    rows = [b'{"v":"%d","w":"x"}' % number for number in range(100_000)]
    rows[77_776] = b'{"v":"%d","w":"x"}' % (MOST + 1)

    (fault,) = doubted({"v": "uint256", "w": "text"}, b"\n".join(rows))

    assert (fault.row, fault.column) == (77_777, "v") and "outside of what a uint256 holds" in fault.reason


def test_a_batch_may_be_packed_also_in_several_parts() -> None:
    body = gzip.compress(lines({"v": 1})) + gzip.compress(lines({"v": 2}))

    assert read(claimed({"v": "int64"}), body).num_rows == 2


@pytest.mark.parametrize("body", [
    gzip.compress(b"x", mtime=0)[:-4], b"\x1f\x8bnot", gzip.compress(b"\n" * (MOST_UNPACKED_BYTES + 1), mtime=0),
])  # fmt: skip
def test_what_cannot_be_unpacked_is_refused_whole(body: bytes) -> None:
    (fault,) = faults_of({"v": "int64"}, body)

    assert (fault.row, fault.column) == (0, "")


TABLE = pa.table({
    "t": ["a", None], "i": pa.array([1, 2], pa.int16()), "u": pa.array([Decimal(10**76 - 1), Decimal(0)], pa.decimal256(76, 0)),
    "b": [b"\x01" * 20, b"\x02" * 20], "f": [0.5, 1.5], "d": [date(2026, 1, 31)] * 2,
    "s": pa.array([datetime(2026, 1, 31, 12, tzinfo=UTC)] * 2, pa.timestamp("us", tz="UTC")), "z": [True, False],
})  # fmt: skip
COLUMNS = {
    "t": "text?", "i": "int64", "u": "uint256", "b": "address", "f": "float64", "d": "date", "s": "timestamp", "z": "boolean",
}  # fmt: skip


def packed(table: pa.Table, content_type: str, compression: str | None = None) -> bytes:
    body = BytesIO()
    if content_type.endswith("parquet"):
        parquet.write_table(table, body, compression=compression or "none")
    else:
        opened = ipc.new_stream if content_type.endswith("stream") else ipc.new_file
        with opened(body, table.schema, options=ipc.IpcWriteOptions(compression=compression)) as written:
            written.write_table(table)
    return body.getvalue()


@pytest.mark.parametrize("kind", ["arrow.stream", "arrow.file", "parquet"])
def test_arrow_and_parquet_are_read(kind: str) -> None:
    content_type = f"application/vnd.apache.{kind}"

    found = read(claimed(COLUMNS, content_type=content_type), packed(TABLE, content_type)).to_pydict()

    assert found["u"] == [str(10**76 - 1), "0"] and found["b"] == ["\\x" + "01" * 20, "\\x" + "02" * 20]
    assert found["t"] == ["a", None] and found["s"][0] == "2026-01-31T12:00:00+00:00"


def test_a_row_of_arrow_that_does_not_fit_is_told() -> None:
    content_type = "application/vnd.apache.arrow.stream"
    table = pa.table({"v": pa.array([1, -1, None], pa.int64())})

    first, second = faults_of({"v": "uint32"}, packed(table, content_type), content_type=content_type)

    assert (first.row, first.column, second.row, second.reason) == (2, "v", 3, "is null")


ZEROS = pa.table({"v": pa.array([0] * 20_000_000, pa.int64())})
NONE_AT_ALL = pa.table({"v": pa.nulls(50_000_000)})
SHARED = pa.table({"v": pa.array(["x" * 1_000_000] * 200).dictionary_encode()})


@pytest.mark.parametrize("kind", ["arrow.stream", "arrow.file", "parquet"])
@pytest.mark.parametrize("table", [ZEROS, NONE_AT_ALL, SHARED], ids=["zeros", "nulls", "shared"])
def test_few_bytes_that_stand_for_very_many_are_refused_before_they_take_room(table: pa.Table, kind: str) -> None:
    content_type = f"application/vnd.apache.{kind}"
    body = packed(table, content_type, compression="zstd")
    room = pa.default_memory_pool().bytes_allocated()
    assert len(body) < 2_000_000

    (fault,) = faults_of({"v": "int64?"}, body, content_type=content_type)

    assert fault.row == 0 and ("larger than" in fault.reason or "without an index" in fault.reason)
    assert pa.default_memory_pool().bytes_allocated() <= room


def test_what_a_packed_batch_takes_is_known_before_it_is_unpacked() -> None:
    table = pa.table({"v": pa.array([0] * 1_000_000, pa.int64())})
    bound = Bound(most_bytes=1_000_000)
    before = pa.total_allocated_bytes()

    with pytest.raises(ValueError, match="larger than 1,000,000 bytes"):
        arrow_ipc.read_stream(packed(table, "arrow.stream", compression="zstd"), bound)

    assert pa.total_allocated_bytes() - before < 100_000


@pytest.mark.parametrize("kind", ["arrow.stream", "arrow.file", "parquet"])
@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
def test_what_is_packed_is_the_same_once_it_is_read(kind: str, compression: str | None) -> None:
    content_type = f"application/vnd.apache.{kind}"
    table = pa.table({"v": list(range(100_000)), "w": ["x"] * 99_999 + [None]})

    found = read(claimed({"v": "int64", "w": "text?"}, content_type=content_type), packed(table, content_type, compression))

    assert found.to_pydict() == table.to_pydict()


def test_rows_of_hardly_any_bytes_are_refused_too() -> None:
    (fault,) = faults_of({"v": "text?"}, gzip.compress(b"{}\n" * (MOST_VALUES + 1)))

    assert fault.row == 0 and "values" in fault.reason


@pytest.mark.parametrize("kind", ["arrow.stream", "arrow.file", "parquet"])
def test_bytes_that_are_something_else_are_refused_whole(kind: str) -> None:
    (fault,) = faults_of({"v": "text"}, b"not at all", content_type=f"application/vnd.apache.{kind}")

    assert fault.row == 0 and "is no application" in fault.reason


_ANY = st.one_of(
    *(st.sampled_from(values) for values in (*GOOD.values(), *WRONG.values())), st.none(), st.integers(), st.text(), st.floats(),
    st.from_regex(r"-?[0-9]{1,80}"), st.from_regex(r"0x[0-9a-f]{0,6}"), st.booleans(),
)  # fmt: skip
# What the quick way leaves to the table: whether a number fits its column, a day its month; what no text can hold.
_LEFT = ("outside of what", "and a timestamp is", "and a date is", "NUL")


@given(st.sampled_from(sorted(GOOD)), st.booleans(), st.lists(_ANY, min_size=1, max_size=4))
def test_what_is_read_quickly_is_right_or_refused_by_the_table(kind: str, nullable: bool, values: list[Any]) -> None:
    columns = [column(kind + "?" * nullable)]
    body = lines(*({"v": value} for value in values))
    found = quick.read_lines(body, columns)
    if found is None:
        return

    same, faults = _exactly(body, columns)
    if same is None:
        assert all(any(words in fault.reason for words in _LEFT) for fault in faults), faults
    else:
        assert [_meant(kind, one) for one in found["v"].to_pylist()] == [_meant(kind, one) for one in same["v"].to_pylist()]


def _exactly(body: bytes, columns: list[BatchColumn]) -> tuple[pa.Table | None, list[Fault]]:
    try:
        return exact.read_lines(body, columns), []
    except Refused as refused:
        return None, refused.faults


def _meant(kind: str, value: Any) -> Any:
    """`1` and 1 are the same to the table."""
    if value is None or kind in {"text", "bytes", "address", "hash", "uuid", "timestamp", "date"}:
        return value
    return json.loads(value, parse_float=float) if isinstance(value, str) and kind != "decimal" else float(value)
