"""Columns that are told held against DuckDB itself: what stands in the others makes no difference to any answer."""

from __future__ import annotations

from contextlib import suppress

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.platform.sql.rejection import Rejected
from tests.platform.sql import good, world


def assert_no_other_value_matters(sql: str) -> None:
    """Whatever stands in the columns that are not told, the answer is the same."""
    kept = world.columns_read(sql)
    if kept:
        assert world.rows(world.with_other_values(kept), sql) == world.rows(world.by_name(), sql)


# What answers by chance, or with what is known of a table beside its values.
UNSTEADY = ("uuid()", "EXPLAIN", "POSITIONAL")


@pytest.mark.parametrize("sql", [sql for sql in good.QUERIES if not any(word in sql for word in UNSTEADY)])
def test_other_columns_of_a_good_query_do_not_matter(sql: str) -> None:
    assert_no_other_value_matters(sql)


# Names of a column are asked for by these even where nothing is read of it.
NAMING = ("EXCLUDE", "REPLACE", "DESC", "SHOW", "RENAME", "COLUMNS", "EXISTS", "FROM people)", "#")


@pytest.mark.parametrize("sql", [sql for sql in good.QUERIES if not any(word in sql for word in (*UNSTEADY, *NAMING))])
def test_a_good_query_runs_without_its_other_columns(sql: str) -> None:
    assert world.rows(world.without(world.columns_read(sql)), sql) == world.rows(world.by_name(), sql)


# Whatever is made of these has a table x, mostly with the columns of people.
STARS = st.sampled_from([
    "*", "x.*", "* EXCLUDE (id)", "* EXCLUDE (id, place)", "* EXCLUDE (email)", "* EXCLUDE (name, email)",
    "x.* EXCLUDE (team)", "* REPLACE (1 AS team)",
    "* REPLACE (lower(name) AS email)", "* RENAME (team AS group_of)", "COLUMNS(*)", "name, *", "team AS email, *",
])  # fmt: skip
ITEMS = st.sampled_from([
    "id", "name", "x.email", "team", "place.city", "x", "id AS name", "name AS email", "email_1", "name_1", "id_1",
    "x.place.city.upper()",
    "row_number() OVER (ORDER BY id)", "(SELECT max(email) FROM people)", "(SELECT max(p.team) FROM people p WHERE p.id = x.id)",
    "EXISTS (SELECT * FROM people p WHERE p.id = x.team)", "count(*) OVER (PARTITION BY team)", "1", "#2", "place.*",
])  # fmt: skip
BASES = st.sampled_from([
    "people AS x", "c AS x", "people AS x(id, email, name)", "people AS x, blocks b", "c AS x JOIN blocks b ON x.id = b.number",
    "people AS x JOIN (SELECT id, name FROM people) p USING (id)", "people AS x NATURAL JOIN (SELECT team, name FROM people)",
    "people AS x SEMI JOIN c ON x.id = c.id",
    "people AS x, LATERAL (SELECT max(p.name) AS top FROM people p WHERE p.id = x.team)",
])  # fmt: skip
RESTS = st.sampled_from(
    [
        "",
        "",
        "",
        " WHERE team = 1",
        " WHERE x.name > 'name 2'",
        " ORDER BY 2",
        " ORDER BY id",
        " ORDER BY ALL",
        " QUALIFY rank() OVER (ORDER BY team) < 3",
    ]
)


def queries(items: st.SearchStrategy[str], sources: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda distinct, one, source, rest: f"SELECT {distinct}{one} FROM {source}{rest}",  # noqa: S608 - words of this file
        st.sampled_from(["", "", "", "DISTINCT "]),
        items,
        sources,
        RESTS,
    )


SOURCES = st.recursive(
    BASES,
    lambda inner: st.one_of(
        queries(STARS, inner).map(lambda query: f"({query}) AS x"),
        st.tuples(queries(STARS, inner), queries(STARS, inner)).map(lambda both: f"(({both[0]}) UNION ALL ({both[1]})) AS x"),
    ),
    max_leaves=3,
)
SELECTS = queries(st.one_of(ITEMS, ITEMS, STARS), SOURCES)
CTES = queries(STARS, st.just("people AS x"))


@settings(max_examples=400, deadline=None)
@given(query=SELECTS, cte=CTES)
def test_other_columns_of_any_query_do_not_matter(query: str, cte: str) -> None:
    sql = f"WITH c AS ({cte}) {query}"
    try:
        world.rows(world.by_name(), sql)
    except duckdb.Error:
        # What makes no sense must not break the search either.
        with suppress(Rejected):
            world.columns_read(sql)
        return
    assert_no_other_value_matters(sql)
