"""Where the columns of a SELECT come from, by its text."""

from __future__ import annotations

import pytest

from apps.lineage.columns.apart import Parser
from apps.lineage.columns.parsed import parse_query
from apps.lineage.domain import LONGEST_SQL

TABLES = {
    "blocks": ["block_number", "author", "gas_used", "timestamp"],
    "logs": ["block_number", "address", "data"],
    "old": ["block_number", "author"],
}


def traced(sql: str, tables: dict[str, list[str]] | None = None) -> dict[str, list[str]]:
    parsed = parse_query(sql, TABLES if tables is None else tables)
    assert not parsed.reason
    return {name: [f"{table}.{column} {how}" for table, column, how in found] for name, found in parsed.columns.items()}


CASES = {
    "a column as it is": ("SELECT author FROM blocks", {"author": ["blocks.author identity"]}),
    "another name": ("SELECT author AS who FROM blocks b", {"who": ["blocks.author identity"]}),
    "an expression": ("SELECT gas_used * 2 AS g FROM blocks", {"g": ["blocks.gas_used transformation"]}),
    "an aggregate": (
        "SELECT author, sum(gas_used) AS g FROM blocks GROUP BY author",
        {"author": ["blocks.author identity"], "g": ["blocks.gas_used aggregation"], "": ["blocks.author indirect"]},
    ),
    "a count of rows": ("SELECT count(*) AS n FROM blocks", {"n": []}),
    "every column": (
        "SELECT * FROM old",
        {"block_number": ["old.block_number identity"], "author": ["old.author identity"]},
    ),
    "every column but one": ("SELECT * EXCLUDE (author) FROM old", {"block_number": ["old.block_number identity"]}),
    "a common table": (
        "WITH a AS (SELECT author AS who, gas_used + 1 AS g FROM blocks) SELECT who, max(g) AS g FROM a GROUP BY who",
        {"who": ["blocks.author identity"], "g": ["blocks.gas_used aggregation"], "": ["blocks.author indirect"]},
    ),
    "a join": (
        "SELECT l.data, author FROM logs l JOIN blocks b ON b.block_number = l.block_number",
        {
            "data": ["logs.data identity"], "author": ["blocks.author identity"],
            "": ["blocks.block_number indirect", "logs.block_number indirect"],
        },
    ),
    "a union, by place": (
        "SELECT author FROM blocks UNION ALL SELECT address FROM logs",
        {"author": ["blocks.author identity", "logs.address identity"]},
    ),
    "a union, by name": (
        "SELECT author FROM blocks UNION ALL BY NAME SELECT address, data AS author FROM logs",
        {"author": ["blocks.author identity", "logs.data identity"]},
    ),
    "three of them": (
        "SELECT author FROM blocks UNION SELECT address FROM logs UNION SELECT author FROM old",
        {"author": ["blocks.author identity", "logs.address identity", "old.author identity"]},
    ),
    "a window": (
        "SELECT sum(gas_used) OVER (PARTITION BY author ORDER BY block_number) AS g FROM blocks",
        {"g": ["blocks.author indirect", "blocks.block_number indirect", "blocks.gas_used aggregation"]},
    ),
    "a filter": (
        "SELECT author FROM blocks WHERE gas_used > $least",
        {"author": ["blocks.author identity"], "": ["blocks.gas_used indirect"]},
    ),
    "a query for one value": (
        "SELECT (SELECT max(data) FROM logs) AS d FROM blocks",
        {"d": ["logs.data aggregation"]},
    ),
    "a query in a filter": (
        "SELECT author FROM blocks b WHERE EXISTS (SELECT 1 FROM logs l WHERE l.block_number = b.block_number)",
        {"author": ["blocks.author identity"], "": ["blocks.block_number indirect", "logs.block_number indirect"]},
    ),
    "a table of another schema": ("SELECT author FROM platform.blocks", {"author": ["platform.blocks.author identity"]}),
    "one that reads itself": (
        "WITH RECURSIVE r AS (SELECT block_number AS n FROM blocks UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r",
        {"n": ["blocks.block_number identity"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_columns_are_traced_through(case: str) -> None:
    sql, expected = CASES[case]

    assert traced(sql) == expected


def test_of_a_table_whose_columns_are_not_known_every_one_is_taken() -> None:
    assert traced("SELECT * FROM blocks", {}) == {"*": ["blocks.* identity"]}


def test_a_name_of_the_only_table_is_known_to_be_its_own() -> None:
    assert traced("SELECT author FROM blocks", {}) == {"author": ["blocks.author identity"]}


def test_a_name_that_may_be_of_either_is_said_to_be_unknown() -> None:
    parsed = parse_query("SELECT author FROM blocks b JOIN logs l ON b.block_number = l.block_number", {})

    assert "`author`" in parsed.reason
    assert parsed.columns["author"] == ()


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT 1; SELECT 2", "2 statements"),
        ("CREATE TABLE t (a int)", "no SELECT"),
        ("SELECT FROM WHERE (", "could not be read"),
        ("SELECT " + "(" * 4_000 + "1" + ")" * 4_000, "could not be read"),
    ],
    ids=["several", "another", "broken", "deep"],
)
def test_what_cannot_be_traced_says_why(sql: str, why: str) -> None:
    parsed = parse_query(sql, TABLES)

    assert (parsed.columns, why in parsed.reason) == ({}, True)


DOUBLING = "SELECT author AS c0, " + ", ".join(f"c{n} || c{n} AS c{n + 1}" for n in range(30)) + " FROM blocks"  # noqa: S608
STARS = f"SELECT {', '.join(f'x{n}.*' for n in range(50))} FROM {', '.join(f'wide x{n}' for n in range(50))}"  # noqa: S608
WIDE = {"wide": [f"c{n}" for n in range(1_000)]}


class TestApart:
    """In a process of its own, whatever the text is."""

    def test_what_it_finds_is_the_same(self) -> None:
        sql = "SELECT author AS who, sum(gas_used) AS gas FROM blocks GROUP BY author"

        assert Parser(TABLES).parse(sql) == parse_query(sql, TABLES)

    @pytest.mark.parametrize("sql", [DOUBLING, STARS], ids=["doubling", "stars"])
    def test_a_short_text_that_stands_for_a_long_one_is_given_up(self, sql: str) -> None:
        parsed = Parser(TABLES | WIDE).parse(sql)

        assert (parsed.columns, "seconds or" in parsed.reason) == ({}, True)

    def test_a_text_that_is_too_long_is_not_read(self) -> None:
        assert "longer than" in Parser(TABLES).parse("SELECT 1 -- " + "x" * LONGEST_SQL).reason

    def test_what_breaks_in_the_parser_is_a_reason(self) -> None:
        """As the child dies of what nobody thought of: here of columns that are no names."""
        broken: dict[str, list[str]] = {"blocks": [{}]}  # type: ignore[list-item]

        assert "could not be read" in Parser(broken).parse("SELECT author FROM blocks").reason
