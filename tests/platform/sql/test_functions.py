"""Another version of DuckDB shows here what it brings."""

from __future__ import annotations

from apps.platform.sql import functions
from apps.platform.sql.gate import read
from tests.platform.sql import world

# What no list of DuckDB's has among the scalars, because its binder makes it.
UNLISTED = {"row", "unnest", "unlist"}


def listed(kind: str) -> set[str]:
    sql = f"SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE {kind}"  # noqa: S608 - conditions of this file
    rows = world.by_name().execute(sql).fetchall()
    return {row[0] for row in rows}


def test_every_function_is_allowed_or_refused_with_a_reason() -> None:
    # Pragmas are statements, of which there is one kind here.
    known = functions.ALLOWED | functions.ALLOWED_TABLES
    unjudged = {name for name in listed("function_type <> 'pragma'") - known if not functions.reason_against(name)}

    assert unjudged == set()


def test_nothing_is_allowed_that_does_not_exist() -> None:
    assert functions.ALLOWED - listed("true") <= UNLISTED
    assert listed("function_type = 'table'") >= functions.ALLOWED_TABLES


def test_nothing_is_both_allowed_and_refused() -> None:
    assert {name for name in functions.ALLOWED | functions.ALLOWED_TABLES if functions.reason_against(name)} <= {"pg_typeof"}


def test_an_allowed_name_means_one_thing_in_every_schema() -> None:
    assert listed("schema_name NOT IN ('main', 'pg_catalog')") == set()
    assert listed("schema_name = 'pg_catalog'") & functions.ALLOWED == {"pg_typeof"}


def test_what_is_allowed_calls_nothing_that_is_refused() -> None:
    macros = world.by_name().execute(
        "SELECT lower(function_name), macro_definition FROM duckdb_functions() WHERE function_type = 'macro'"
    )

    for name, definition in macros.fetchall():
        if name in functions.ALLOWED:
            read(f"SELECT {definition}")
