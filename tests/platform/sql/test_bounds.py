"""Texts that would break the parser, or keep it busy, are refused before it sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from apps.platform.sql.gate import read
from apps.platform.sql.rejection import Rejected

NESTED: Mapping[str, Callable[[int], str]] = {
    "brackets": lambda n: "SELECT " + "(" * n + "1" + ")" * n,
    "functions": lambda n: "SELECT " + "abs(" * n + "1" + ")" * n,
    "lists": lambda n: "SELECT " + "[" * n + "]" * n,
    "structs": lambda n: "SELECT " + "{a:" * n + "1" + "}" * n,
    "queries": lambda n: "SELECT " + "(SELECT " * n + "1" + ")" * n,
    "tables": lambda n: "FROM " + "(FROM " * n + "t" + ")" * n,
    "ctes": lambda n: "WITH a AS (" * n + "SELECT 1" + ") SELECT 1" * n,
    "not": lambda n: "SELECT " + "NOT " * n + "true",
    "case": lambda n: "SELECT " + "CASE WHEN true THEN " * n + "1" + " END" * n,
    "sums": lambda n: "SELECT 1" + " + 1" * n,
    "casts": lambda n: "SELECT 1" + "::INT" * n,
    "types": lambda n: "SELECT 1::INT" + "[]" * n,
    "joins": lambda n: "FROM t" + " JOIN t USING (a)" * n,
    "methods": lambda n: "SELECT (a)" + ".abs()" * n,
    "subscripts": lambda n: "SELECT a" + "[1]" * n,
    "lambdas": lambda n: "SELECT f(" + "x -> " * n + "1)",
    "comments": lambda n: "/*" * n + "*/" * n + "SELECT 1",
    "describes": lambda n: "FROM " + "(DESCRIBE " * n + "t" + ")" * n,
    "plus": lambda n: "SELECT " + "+" * n + "1",
}


@pytest.mark.parametrize("shape", NESTED)
@pytest.mark.parametrize("depth", [1_000, 30_000])
def test_what_is_nested_too_deep_is_refused(shape: str, depth: int) -> None:
    with pytest.raises(Rejected):
        read(NESTED[shape](depth))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '" + "x" * (1 << 20) + "'",
        "SELECT " + "1," * 60_000 + "1",
        "SELECT true" + " AND true" * 6_000,
        "SELECT 1 FROM t GROUP BY ROLLUP (" + ", ".join(f"c{i}" for i in range(200)) + ")",  # noqa: S608 - nothing runs it
        "SELECT 1 FROM t GROUP BY CUBE (" + ", ".join(f"c{i}" for i in range(20)) + ")",  # noqa: S608 - as above
        "SELECT " + "/* */" * 300 + "1",
        "SELECT 1" + ", 1::VARIANT" * 20_000,
        "SELECT\u00a0" + "$a" * 1_000,
        "SELECT '" + "''" * 100_000 + "'",
    ],
    ids=["bytes", "words", "conditions", "rollup", "cube", "comments", "tree", "dollars", "quotes"],
)
def test_what_would_take_long_to_read_is_refused(sql: str) -> None:
    with pytest.raises(Rejected):
        read(sql)


def test_a_long_list_of_addresses_passes() -> None:
    listed = ", ".join(f"'0x{number:040x}'" for number in range(20_000))

    assert len(read(f"FROM transactions WHERE sender IN ({listed})").uses) == 1
