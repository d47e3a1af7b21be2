"""Small datasets of every kind of column, and two engines: one that has them by their names, one that has what is pinned."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import duckdb

from apps.platform.sql.columns import columns_of
from apps.platform.sql.gate import read
from apps.platform.sql.statement import Reference, Statement

# Of each dataset its rows, as a query that the engine makes a table of.
DATASETS: Mapping[str, str] = {
    "blocks": """
        SELECT i AS number, md5(i::VARCHAR) AS hash, 'author ' || i % 3 AS author, i % 4 = 0 AS is_full,
               TIMESTAMP '2026-01-01' + INTERVAL (i * 12) SECOND AS time, (i * 1000003 % 30000000)::HUGEINT AS gas_used,
               (i * 7 % 11)::DECIMAL(38, 0) AS base_fee, i % 5 AS size
        FROM range(40) AS t(i)""",
    "transactions": """
        SELECT md5('t' || i::VARCHAR) AS hash, i % 40 AS block_number, '0x' || left(md5((i % 5)::VARCHAR), 8) AS sender,
               '0x' || left(md5((i % 7)::VARCHAR), 8) AS receiver, (i * 13 % 17)::DOUBLE AS value,
               [i, i + 1, i % 3] AS topics, {'kind': i % 2, 'note': 'n' || i} AS call, MAP {'a': i, 'b': i % 2} AS tags,
               json_object('k', i, 'l', [i, 2]) AS meta
        FROM range(60) AS t(i)""",
    "prices": """
        SELECT TIMESTAMP '2026-01-01' + INTERVAL (i) MINUTE AS at_time, ['ETH', 'BTC'][1 + i % 2] AS symbol,
               100 + i * 3 % 7 AS price, 'desk ' || i % 2 AS desk
        FROM range(20) AS t(i)""",
    "people": """
        SELECT i AS id, 'name ' || i % 6 AS name, 'mail' || i % 4 || '@example.org' AS email, i % 3 AS team,
               {'city': 'c' || i % 4, 'zip': i % 12} AS place
        FROM range(24) AS t(i)""",
}


def names_of(statement: Statement) -> dict[Reference, str]:
    return {reference: pinned(reference) for reference in statement.references}


def pinned(reference: Reference) -> str:
    return f'pin "{reference.parts[-1]}"'


@cache
def by_name() -> duckdb.DuckDBPyConnection:
    return _made({name: name for name in DATASETS})


@cache
def by_pin() -> duckdb.DuckDBPyConnection:
    return _made({name: pinned(Reference((name,))) for name in DATASETS})


@cache
def columns(name: str) -> Mapping[str, str]:
    described = by_name().execute(f"DESCRIBE {name}").fetchall()
    return {row[0]: row[1] for row in described}


def columns_read(sql: str) -> Mapping[str, frozenset[str]]:
    statement = read(sql)
    schemas = {reference: columns(reference.name) for reference in statement.references}
    return {reference.name: columns for reference, columns in columns_of(statement, schemas).items()}


def with_other_values(kept: Mapping[str, frozenset[str]]) -> duckdb.DuckDBPyConnection:
    """Datasets in which the columns that are not kept hold something else in every row."""
    engine = duckdb.connect(config={"threads": 1})
    for name, select in DATASETS.items():
        given = kept.get(name, frozenset())
        items = [one if one in given else _other(one, type_) for one, type_ in columns(name).items()]
        engine.execute(f"CREATE TABLE {name} AS SELECT {', '.join(items)} FROM ({select})")  # noqa: S608 - texts of this file
    return engine


def without(kept: Mapping[str, frozenset[str]]) -> duckdb.DuckDBPyConnection:
    """Datasets that have the kept columns alone; where there are none, one that nobody asks for, since a table needs one."""
    engine = duckdb.connect(config={"threads": 1})
    for name, select in DATASETS.items():
        items = [one for one in columns(name) if one in kept.get(name, frozenset())] or ["1 AS nobody_asks_for_it"]
        engine.execute(f"CREATE TABLE {name} AS SELECT {', '.join(items)} FROM ({select})")  # noqa: S608 - texts of this file
    return engine


def rows(engine: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None) -> list[str]:
    """As texts and in order, since not every query says one."""
    return sorted(map(repr, engine.execute(sql, parameters).fetchall()))


def _other(name: str, type_: str) -> str:
    return f"CASE WHEN random() < 0.5 THEN NULL ELSE lead({name}, 3) OVER () END::{type_} AS {name}"


def _made(names: Mapping[str, str]) -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect(config={"threads": 1})
    for name, relation in names.items():
        quoted = relation.replace('"', '""')
        engine.execute(f'CREATE TABLE "{quoted}" AS {DATASETS[name]}')
    return engine
