"""What the gate says of a query that it lets through, and where it says that something is wrong."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.platform.sql.gate import read
from apps.platform.sql.rejection import Rejected, line_and_column
from apps.platform.sql.statement import Kind, Reference


def refusal(sql: str) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(sql)
    return caught.value


def names(sql: str) -> list[str]:
    return [str(reference) for reference in read(sql).references]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", Kind.SELECT),
        ("VALUES (1)", Kind.SELECT),
        ("TABLE blocks", Kind.SELECT),
        ("FROM (DESCRIBE blocks)", Kind.SELECT),
        ("DESCRIBE blocks", Kind.DESCRIBE),
        ("show blocks", Kind.DESCRIBE),
        ("SUMMARIZE SELECT 1", Kind.SUMMARIZE),
        ("EXPLAIN SELECT 1", Kind.EXPLAIN),
        ("-- why\nexplain /* it */ analyze\n (SELECT 1)", Kind.ANALYZE),
    ],
)
def test_its_kind_is_told(sql: str, kind: Kind) -> None:
    statement = read(sql)

    assert (statement.kind, statement.text) == (kind, sql)


def test_every_place_that_names_a_dataset_is_told() -> None:
    first, second, third = sorted(read('FROM Blocks b, acme."Ü x", blocks AT (VERSION => 3)').uses, key=lambda use: use.position)

    assert (first.reference, first.written, first.alias, first.position) == (Reference(("blocks",)), "Blocks", "b", 5)
    assert (second.reference.parts, second.written, second.position) == (("acme", "Ü x"), 'acme."Ü x"', 15)
    assert third.reference == Reference(("blocks",), 3)


@pytest.mark.parametrize(
    ("sql", "references"),
    [
        ("WITH a AS (FROM blocks) FROM a", ["blocks"]),
        # A name means itself only after it is given, and not inside what it is given to.
        ("WITH a AS (FROM a) FROM a", ["a"]),
        ("WITH a AS (FROM b), b AS (FROM people) FROM a, b", ["b", "people"]),
        ("WITH RECURSIVE a AS (FROM a UNION ALL FROM a) FROM a", ["a"]),
        ("WITH RECURSIVE a AS (SELECT * FROM a) FROM a", ["a"]),
        ("FROM (WITH a AS (SELECT 1) FROM a), a", ["a"]),
        ("WITH a AS (SELECT 1) FROM (WITH a AS (FROM a) FROM a)", []),
        ("WITH a AS (SELECT 1) SELECT (SELECT count(*) FROM A), (SELECT 1 FROM acme.a)", ["acme.a"]),
        ("WITH range AS (FROM range) FROM range(3), range", ["range"]),
        ("WITH a AS (SELECT 1) (FROM a) UNION (FROM a EXCEPT FROM b)", ["b"]),
        ("SELECT 1 WHERE 1 IN (WITH a AS (SELECT 1) FROM a) OR 2 IN (FROM a)", ["a"]),
        # Letters beyond ASCII are compared as they are.
        ('WITH "É" AS (SELECT 1) FROM "é"', ["é"]),
        # Names of the engine's own views are names like any other: no registry knows them, and none is left in the text.
        ("FROM duckdb_tables, sqlite_master, pg_class", ["duckdb_tables", "sqlite_master", "pg_class"]),
    ],
)
def test_what_a_with_names_is_no_dataset_where_it_is_seen(sql: str, references: list[str]) -> None:
    assert names(sql) == references


def test_parameters_and_functions_are_told() -> None:
    statement = read("SELECT lower($name), count(*) FROM range($n) WHERE $name = 'x'")

    assert statement.parameters == ("n", "name")
    assert statement.functions == {"lower", "count_star", "range"}


@pytest.mark.parametrize(
    ("sql", "code", "position"),
    [
        ("SELECT number FORM blocks", "SQL_SYNTAX", 19),
        ("SELECT 'é🎉', lowr(x)", "SQL_REJECTED", 13),
        ("SELECT\u00a0'é',\u3000getenv('x')", "SQL_REJECTED", 12),
        ("EXPLAIN SELECT getenv('x')", "SQL_REJECTED", 15),
        ("FROM blocks\nJOIN 'x.csv' USING (a)", "SQL_REJECTED", 17),
        ("SELECT 1 WHERE (", "SQL_SYNTAX", 16),
        ("SELECT a\x00b", "SQL_SYNTAX", 8),
        ("SELECT '\ud800'", "SQL_SYNTAX", 8),
    ],
)
def test_a_refusal_says_where(sql: str, code: str, position: int) -> None:
    refused = refusal(sql)

    assert (refused.code, refused.position) == (code, position)


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("SELECT lowr('x')", "Did you mean lower?"),
        ("FROM rang(3)", "Did you mean range?"),
        ("SELECT ?", "$name"),
        ("FROM blocks AT (TIMESTAMP => now())", "AT (VERSION => 3)"),
        ("PIVOT blocks ON author USING count(*)", "IN ("),
        ("EXPLAIN EXPLAIN SELECT 1", "EXPLAIN ANALYZE"),
    ],
)
def test_a_refusal_says_what_to_write(sql: str, hint: str) -> None:
    assert hint in refusal(sql).hint


def test_the_place_can_be_told_as_editors_do() -> None:
    assert line_and_column("SELECT\n  é, x", 12) == (2, 6)
    assert line_and_column("x", 0) == (1, 1)


def test_threads_may_read_at_once() -> None:
    with ThreadPoolExecutor(4) as pool:
        read_by = list(pool.map(names, [f"FROM t{number}" for number in range(200)]))

    assert read_by == [[f"t{number}"] for number in range(200)]


def test_neither_duckdb_nor_pandas_comes_in_before_it_is_needed() -> None:
    script = """
import sys
import apps.platform.sql.gate, apps.platform.sql.columns, apps.platform.sql.rewriting
assert 'duckdb' not in sys.modules
apps.platform.sql.gate.read('SELECT 1')
assert 'duckdb' in sys.modules and not {'pandas', 'numpy', 'pyarrow', 'django'} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
