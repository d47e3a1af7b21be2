"""The text with other names, and nothing else changed."""

from __future__ import annotations

import pytest

from apps.platform.sql.gate import read
from apps.platform.sql.rejection import Rejected
from apps.platform.sql.rewriting import rewrite
from apps.platform.sql.sameness import mean_the_same
from apps.platform.sql.statement import Reference


def rewritten(sql: str, **names: str) -> str:
    statement = read(sql)
    return rewrite(statement, {reference: names.get(reference.name, "r") for reference in statement.references})


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("FROM blocks", 'FROM "r" AS "blocks"'),
        ("FROM blocks AS b", 'FROM "r" AS b'),
        ("FROM blocks b(x) AT (VERSION => 3), t", 'FROM "r" b(x) , "r" AS "t"'),
        ("FROM blocks /* a */ AT\n( version=>3 ) -- b", 'FROM "r" AS "blocks" /* a */  -- b'),
        ("FROM b: blocks AT (VERSION => 3)", 'FROM b: "r" '),
        ('FROM acme . /* x */ "Blö""cks"', 'FROM "r" AS "blö""cks"'),
        ("DESCRIBE blocks", 'DESCRIBE "r"'),
        ("SUMMARIZE acme.blocks", 'SUMMARIZE "r"'),
        ("FROM (TABLE blocks)", 'FROM (TABLE "r")'),
        ("explain  analyze FROM blocks;", 'explain  analyze FROM "r" AS "blocks";'),
        ("SELECT 'blocks', blocks.x FROM blocks", 'SELECT \'blocks\', blocks.x FROM "r" AS "blocks"'),
        ("FROM blocks TABLESAMPLE 10%", 'FROM "r" AS "blocks" TABLESAMPLE 10%'),
        ("WITH blocks AS (FROM blocks) FROM blocks", 'WITH blocks AS (FROM "r" AS "blocks") FROM blocks'),
        ("SELECT\u00a0'\u00a0' FROM\u3000blocks", 'SELECT \'\u00a0\' FROM "r" AS "blocks"'),
        ("SELECT 1e400 FROM blocks", 'SELECT 1e400 FROM "r" AS "blocks"'),
        ("SELECT 1", "SELECT 1"),
    ],
)
def test_names_change_and_the_rest_stays(sql: str, expected: str) -> None:
    assert rewritten(sql) == expected


def test_each_version_has_its_relation() -> None:
    statement = read("FROM blocks a, blocks b AT (VERSION => 2)")

    names = {Reference(("blocks",)): "now", Reference(("blocks",), 2): "then"}

    assert rewrite(statement, names) == 'FROM "now" a, "then" b '


def test_a_name_is_quoted_whatever_is_in_it() -> None:
    assert rewritten("FROM blocks b", blocks='x"; DROP TABLE y; --') == 'FROM "x""; DROP TABLE y; --" b'


def test_a_with_cannot_stand_in_for_what_is_pinned() -> None:
    with pytest.raises(Rejected):
        rewritten("WITH pin_1 AS (SELECT 1) FROM blocks", blocks="Pin_1")


def test_a_reference_without_a_relation_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        rewrite(read("FROM blocks"), {})


def test_a_query_as_deep_as_is_let_through_can_be_rewritten() -> None:
    assert rewritten("SELECT 1" + " + 1" * 290 + " FROM t").endswith('FROM "r" AS "t"')


@pytest.mark.parametrize("other", ["SELECT 2", "SELECT 1, 1", "SELECT 1 AS a", "SELECT '1'", "FROM t"])
def test_another_meaning_is_seen(other: str) -> None:
    assert not mean_the_same(read("SELECT 1").tree, read(other).tree)


def test_the_same_meaning_is_seen_wherever_its_parts_stand() -> None:
    assert mean_the_same(read("SELECT $a, $b FROM t").tree, read("/* x */ select  $a,$b  from t;").tree)
