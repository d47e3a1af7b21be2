"""Which columns a query reads: never fewer than it does."""

from __future__ import annotations

import pytest

from apps.platform.sql.columns import columns_of
from apps.platform.sql.gate import read
from tests.platform.sql import world

PEOPLE = ("id", "name", "email", "team", "place")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT id FROM people", "id"),
        ('SELECT "ID" FROM People p', "id"),
        ("SELECT p.id FROM people p WHERE p.team = 1 ORDER BY name", "id team name"),
        ("SELECT count(*) FROM people", ""),
        ("FROM people", "id name email team place"),
        ("SELECT * EXCLUDE (email) FROM people", "id name team place"),
        ("SELECT p.* EXCLUDE (p.email, Name) FROM people p", "id team place"),
        ("SELECT * REPLACE ('hidden' AS email) FROM people", "id name team place"),
        ("SELECT * REPLACE (lower(email) AS name) FROM people", "id email team place"),
        ("SELECT place.city FROM people", "place"),
        ("SELECT place.* FROM people", "place"),
        ("SELECT p.place.city, name.upper() FROM people p", "place name"),
        ("SELECT people FROM people", "id name email team place"),
        ("SELECT struct_pack(a := p) FROM people p", "id name email team place"),
        ("SELECT COLUMNS('^i') FROM people", "id name email team place"),
        ("SELECT max(COLUMNS(*)) FROM people", "id name email team place"),
        ("SELECT #2 FROM people", "id name email team place"),
        ("SELECT a FROM people AS p(a, b, c, d, e)", "id name email team place"),
        ("WITH a AS (FROM people) SELECT id FROM a", "id"),
        ("WITH a AS (FROM people), b AS (FROM a WHERE team = 1) SELECT id FROM b", "id team"),
        ("WITH a AS (FROM people) SELECT * EXCLUDE (email) FROM a", "id name team place"),
        ("WITH a AS (FROM people) SELECT (SELECT max(name) FROM a), id FROM a", "id name"),
        ("WITH a(x) AS (FROM people) SELECT x FROM a", "id name email team place"),
        ("SELECT id FROM (SELECT DISTINCT * FROM people)", "id name email team place"),
        ("SELECT id FROM (FROM people ORDER BY 3 LIMIT 2)", "id name email team place"),
        ("SELECT id FROM (FROM people ORDER BY name LIMIT 2)", "id name"),
        ("SELECT id FROM (FROM people UNION ALL FROM people)", "id name email team place"),
        # The second column of a name has a number to the query around, and is not excluded by the name.
        ("SELECT email_1 FROM (SELECT 1 AS email, * FROM people)", "email"),
        ("SELECT * EXCLUDE (email) FROM (SELECT 1 AS email, * FROM people)", "id name email team place"),
        ("SELECT 1 WHERE EXISTS (SELECT * FROM people WHERE id = 3)", "id"),
        ("SELECT 1 IN (SELECT team FROM people)", "team"),
        ("SELECT id FROM people GROUP BY ALL ORDER BY ALL", "id"),
        ("SELECT row_number() OVER (PARTITION BY team ORDER BY name) FROM people QUALIFY max(id) OVER () > 1", "team name id"),
        ("SELECT count(*) FILTER (WHERE team = 1), list(id ORDER BY name) FROM people", "team id name"),
        ("SELECT list_transform([1], lambda email: email) FROM people", "email"),
        ("PIVOT people ON team IN (1) USING count(id) GROUP BY name", "id name email team place"),
        ("DESCRIBE people", ""),
        ("SELECT column_name FROM (DESCRIBE SELECT email FROM people)", ""),
        ("SUMMARIZE people", "id name email team place"),
        ("FROM (SUMMARIZE SELECT id FROM people)", "id"),
        ("EXPLAIN SELECT id FROM people", "id"),
    ],
)
def test_columns_are_found_through_whatever_is_between(sql: str, expected: str) -> None:
    assert world.columns_read(sql) == {"people": set(expected.split())}


@pytest.mark.parametrize(
    ("sql", "people", "blocks"),
    [
        ("SELECT p.name, b.hash FROM people p JOIN blocks b ON p.id = b.number", "id name", "hash number"),
        ("SELECT name, hash FROM people, blocks", "name", "hash"),
        ("SELECT p.* FROM people p, blocks", " ".join(PEOPLE), ""),
        ("SELECT (SELECT max(name) FROM people WHERE id = number) FROM blocks", "name id", "number"),
        ("SELECT b.number FROM blocks b, LATERAL (SELECT name FROM people WHERE id = b.size) x", "name id", "number size"),
        ("SELECT 1 FROM people NATURAL JOIN blocks", " ".join(PEOPLE), "number hash author is_full time gas_used base_fee size"),
        ("FROM people SEMI JOIN blocks ON id = number SELECT name", "id name", "number"),
        ("SELECT id FROM people UNION SELECT number FROM blocks", "id", "number"),
        ("WITH a AS (FROM people), b AS (FROM blocks) SELECT a.id FROM a JOIN b ON b.hash = a.name", "id name", "hash"),
    ],
)
def test_each_dataset_is_told_its_own(sql: str, people: str, blocks: str) -> None:
    assert world.columns_read(sql) == {"people": set(people.split()), "blocks": set(blocks.split())}


def test_versions_of_a_dataset_are_told_apart() -> None:
    statement = read("SELECT a.id, b.email FROM people a, people b AT (VERSION => 2)")
    now, then = statement.references

    found = columns_of(statement, {now: {"id": "INT", "email": "VARCHAR"}, then: {"ID": "INT", "eMail": "VARCHAR"}})

    assert found == {now: {"id"}, then: {"eMail"}}


def test_what_is_too_deep_to_follow_counts_as_everything() -> None:
    deep = "SELECT id FROM " + "(FROM " * 60 + "people" + ")" * 60

    assert world.columns_read(deep)["people"] >= {"id"}
