"""What a table is: by the note that its maker left on it, and by PostgreSQL's own catalog. Where the two differ it was altered by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from psycopg import Connection

from apps.platform.tables import KINDS, TRUSTED, OrgNames, Shape, index_name, table_name, unique_name

_TABLE = """
SELECT c.oid, obj_description(c.oid, 'pg_class') FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s
"""
_COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute
WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped
"""
_CHECKS = "SELECT conname FROM pg_constraint WHERE conrelid = %s AND contype = 'c'"
_INDEXES = "SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = %s AND i.indisvalid"


@dataclass(frozen=True)
class Found:
    """`shape` is the maker's note; `drift` what somebody else did, a sentence each."""

    shape: Shape
    drift: tuple[str, ...]


def look(connection: Connection, org: OrgNames, dataset_id: UUID) -> Found | None:
    found = connection.execute(_TABLE, [org.schema, table_name(dataset_id)]).fetchone()
    if found is None:
        return None
    oid, note = found
    try:
        shape = Shape.parse(json.loads(note))
    except (TypeError, ValueError, KeyError):
        return Found(Shape(()), ("the comment on the table, by which Trace knows it, was changed",))
    return Found(shape, tuple(_drift(connection, oid, shape, dataset_id)))


def _drift(connection: Connection, oid: int, shape: Shape, dataset_id: UUID) -> Iterator[str]:
    is_there = {name: (kind, nullable) for name, kind, nullable in connection.execute(_COLUMNS, [oid])}
    should_be = _columns(shape)
    for name in sorted(should_be.keys() - is_there.keys()):
        yield f"the column `{name}` is gone"
    for name in sorted(is_there.keys() - should_be.keys()):
        yield f"the column `{name}` was added"
    for name in sorted(should_be.keys() & is_there.keys()):
        (kind, nullable), (was, was_nullable) = is_there[name], should_be[name]
        if kind != was:
            yield f"the column `{name}` is {kind} and was made as {was}"
        if nullable != was_nullable:
            yield f"the column `{name}` {'may' if nullable else 'must not'} be NULL, and was made otherwise"
    checks = {name for (name,) in connection.execute(_CHECKS, [oid])}
    for column in shape.columns:
        if KINDS[column.type].check and column.name not in checks:
            yield f"nothing holds `{column.name}` to what a {column.type} may be any more"
    indexes = {name for (name,) in connection.execute(_INDEXES, [oid])}
    if shape.unique and unique_name(dataset_id) not in indexes:
        yield "the index that makes its rows unique is gone"


def _columns(shape: Shape) -> dict[str, tuple[str, bool]]:
    ours = {column.name: (KINDS[column.type].sql, column.nullable) for column in shape.columns}
    trusted = {name: (words.split(" NOT NULL")[0], " NOT NULL" not in words) for name, words in TRUSTED.items()}
    return ours | trusted


def missing_indexes(connection: Connection, org: OrgNames, dataset_id: UUID, shape: Shape) -> list[tuple[str, ...]]:
    """That the shape names, and that are not there or were never finished."""
    found = connection.execute(_TABLE, [org.schema, table_name(dataset_id)]).fetchone()
    there = {name for (name,) in connection.execute(_INDEXES, [found[0]])} if found else set()
    return [tuple(columns) for columns in shape.indexes if index_name(dataset_id, columns) not in there]
