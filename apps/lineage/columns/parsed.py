"""Which columns the result of a SELECT comes from, read from its text. Pure; what it takes is bounded by the process that it runs in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from apps.lineage.columns.tracing import Found, Tracer
from apps.lineage.domain import MOST_EDGES, Parsed


def parse_query(sql: str, tables: Mapping[str, Sequence[str]]) -> Parsed:
    """`tables`: the columns of those that are known, by name."""
    try:
        statements = [one for one in sqlglot.parse(sql, dialect="duckdb") if one]
        return _parsed(statements, tables)
    except (SqlglotError, RecursionError) as error:
        words = str(error).split("\n", 1)[0][:200]
        return Parsed(reason=f"Its SQL could not be read for its columns: {words or 'it is nested too deep'}.")


def _parsed(statements: Sequence[Any], tables: Mapping[str, Sequence[str]]) -> Parsed:
    if len(statements) != 1:
        return Parsed(reason=f"Its SQL has {len(statements)} statements; columns are traced through one SELECT.")
    if not isinstance(statements[0], exp.Query):
        return Parsed(reason="Its SQL is no SELECT, so its columns are not traced.")
    # Columns of a table are known or not: to a schema with an empty table every column of it would be wrong.
    schema: dict[str, object] = {name: dict.fromkeys(columns, "text") for name, columns in tables.items() if columns}
    query = qualify(
        statements[0], schema=schema, dialect="duckdb", validate_qualify_columns=False, quote_identifiers=False, identify=False
    )
    root = build_scope(query)
    if root is None:
        return Parsed(reason="Its SQL is no SELECT, so its columns are not traced.")
    tracer = Tracer()
    columns = {name: tuple(_sorted(tracer.column(root, name))) for name in tracer.names(root)}
    if deciding := tracer.deciding(root):
        columns[""] = tuple(_sorted(deciding))
    if sum(map(len, columns.values())) > MOST_EDGES:
        return Parsed(reason=f"Its columns come from more than {MOST_EDGES:,} others, so they are not traced.")
    return Parsed(columns, _reason(tracer))


def _sorted(found: Iterator[Found] | set[Found]) -> list[Found]:
    return sorted(found, key=lambda one: (one[0], one[1], one[2].value))


def _reason(tracer: Tracer) -> str:
    if not tracer.unplaced:
        return ""
    names = ", ".join(f"`{name}`" for name in sorted(tracer.unplaced)[:5])
    return f"It reads several tables whose columns are not known yet, so nobody can say where {names} comes from."
