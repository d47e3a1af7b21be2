from __future__ import annotations

import pytest

from apps.cli.rendering import Paint, excerpt, plain, table, width


@pytest.mark.parametrize(("line", "column", "caret"), [
    ("name: x", 1, "^"),
    ("name: x", 7, "      ^"),
    ("name: x", 8, "       ^"),  # just behind the end
    ("name: x", 99, "       ^"),
    ("", 1, "^"),
    ("\tname: x", 2, "\t^"),  # as wide as the tab above it, wherever the stops are
    ("a\tb", 3, " \t^"),
    ("区块: x", 5, "      ^"),  # two cells each
    ("e\u0301: x", 4, "  ^"),  # a combining mark has no cell of its own
])  # fmt: skip
def test_the_caret_stands_below_its_column(line: str, column: int, caret: str) -> None:
    assert excerpt(line, column) == (line, caret)


def test_a_long_line_is_shown_around_its_column() -> None:
    line, caret = excerpt("x" * 5000 + "!" + "y" * 5000, 5001)

    assert len(line) < 200 and line[len(caret) - 1] == "!"


def test_nothing_from_elsewhere_commands_the_terminal() -> None:
    assert plain("a\x1b[2Jb\u202ec\r\td") == "a�[2Jb�c�\td"
    assert "\x1b" not in excerpt("\x1b]0;title\x07: x", 3)[0]


def test_columns_of_a_table_count_cells() -> None:
    lines = table(("NAME", "N"), [("区块", 1), ("a", None)], Paint(is_on=False))

    assert lines == ["NAME  N", "区块  1", "a     —"]
    assert {width(line) for line in lines} == {7}


def test_colours_are_where_they_are_wanted() -> None:
    assert Paint(is_on=True).red("x") == "\x1b[31mx\x1b[0m"
    assert Paint(is_on=False).red("x") == "x"
