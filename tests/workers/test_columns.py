"""Rows of tables as Arrow, from the CSV that PostgreSQL writes."""

from __future__ import annotations

from workers.tables.columns import rows_of
from workers.tables.target import TargetColumn

NUMBER, TEXT = TargetColumn("n", "int64", True), TargetColumn("t", "text", True)


def test_a_row_without_a_value_in_the_only_column_is_a_row() -> None:
    assert rows_of(b"1\n\n3\n", [NUMBER]).to_pylist() == [{"n": 1}, {"n": None}, {"n": 3}]
    assert rows_of(b'\n""\n', [TEXT]).to_pylist() == [{"t": None}, {"t": ""}]


def test_what_is_empty_between_others_is_no_value() -> None:
    assert rows_of(b'1,\n,"a\n\nb"\n', [NUMBER, TEXT]).to_pylist() == [{"n": 1, "t": None}, {"n": None, "t": "a\n\nb"}]
