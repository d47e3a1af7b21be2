"""An activation makes and widens the tables of its buffered datasets, and never waits for *data*."""

# ruff: noqa: S608  names of tables, made of ids
from __future__ import annotations

import dataclasses

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from apps.outbox import services as outbox
from apps.outbox.models import Message
from apps.platform.errors import Conflict, Invalid
from apps.platform.tables import OrgNames, table_name
from apps.tables import services
from apps.tables.domain import TableState
from apps.tables.models import HotTable
from tests.apps.dags.makers import deploy
from tests.apps.dispatch.makers import publish
from tests.apps.tables.makers import PRICES, activated, armed, dataset_of, feed, wanted
from tests.factories import Persona, acting, make_org, make_persona
from tests.fixtures.data import DataPlane

pytestmark = pytest.mark.django_db
EVERY_TYPE = {
    "a": "text", "b": "boolean", "c": "int32", "d": "int64", "e": "uint32", "f": "uint64", "g": "uint256", "h": "int256",
    "i": "float64", "j": "decimal", "k": "timestamp", "l": "date", "m": "bytes", "n": "address", "o": "hash", "p": "json", "q": "uuid",
}  # fmt: skip
_COLUMNS = """
SELECT attname AS name, format_type(atttypid, atttypmod) AS type, NOT attnotnull AS nullable FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""

_ATTRIBUTES = """
SELECT attrelid, attname, atttypid, attnotnull FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
WHERE relnamespace = %s::regnamespace ORDER BY 1, attnum
"""


def table_of(writer: Persona) -> HotTable:
    return HotTable.objects.get(dataset=dataset_of(writer))


def columns(data_plane: DataPlane, writer: Persona) -> dict[str, tuple[str, bool]]:
    name = data_plane.table(writer.org.pk, dataset_of(writer).pk)
    return {row["name"]: (row["type"], row["nullable"]) for row in data_plane.run(_COLUMNS, name) if row["name"][0] != "_"}


def indexes(data_plane: DataPlane, writer: Persona) -> list[str]:
    found = data_plane.run(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = %s AND tablename = %s",
        OrgNames(writer.org.pk).schema, table_name(dataset_of(writer).pk),
    )  # fmt: skip
    return sorted(row["indexdef"].split(" USING ")[1] for row in found)


def test_an_activation_makes_the_table(writer: Persona, data_plane: DataPlane) -> None:
    armed(writer, feed(indexes=[["price"]]))

    assert columns(data_plane, writer) == {
        "symbol": ("text", False), "at": ("timestamp with time zone", False), "price": ("numeric", False), "note": ("text", True),
    }  # fmt: skip
    assert indexes(data_plane, writer) == ["btree (price)", "btree (symbol, at)"]
    assert (table_of(writer).state, table_of(writer).error) == (TableState.READY, "")


def test_every_type_has_its_column(writer: Persona, data_plane: DataPlane) -> None:
    wanted(writer, EVERY_TYPE)

    assert table_of(writer).state == TableState.READY
    assert {name: kind for name, (kind, _) in columns(data_plane, writer).items()} == {
        "a": "text", "b": "boolean", "c": "integer", "d": "bigint", "e": "bigint", "f": "numeric", "g": "numeric", "h": "numeric",
        "i": "double precision", "j": "numeric", "k": "timestamp with time zone", "l": "date", "m": "bytea", "n": "bytea",
        "o": "bytea", "p": "jsonb", "q": "uuid",
    }  # fmt: skip


@pytest.mark.parametrize(("column", "value"), [
    ("e", "-1"), ("e", str(2**32)), ("f", str(2**64)), ("g", str(2**256)), ("g", "-1"), ("g", "1.5"), ("g", "'NaN'"), ("h", str(2**255)),
    ("n", "'\\x00'"), ("o", "'\\x00'"),
])  # fmt: skip
def test_the_table_itself_refuses_what_is_not_of_its_type(
    writer: Persona, data_plane: DataPlane, column: str, value: str
) -> None:
    wanted(writer, {column: EVERY_TYPE[column]})
    name = data_plane.table(writer.org.pk, dataset_of(writer).pk)

    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        data_plane.run(f"INSERT INTO {name} ({column}, _batch) VALUES ({value}, gen_random_uuid())")

    assert refused.value.diag.constraint_name == column


def test_what_is_prepared_twice_is_prepared_once(writer: Persona, data_plane: DataPlane) -> None:
    armed(writer, feed())
    HotTable.objects.update(state=TableState.PENDING)

    services.prepare(dataset_of(writer).pk, config=settings.CONFIG, now=timezone.now())

    assert table_of(writer).state == TableState.READY


def test_an_activation_stands_while_the_data_database_is_away(writer: Persona, data_plane: DataPlane) -> None:
    away = dataclasses.replace(settings.CONFIG, tables_dsn="postgresql://nobody@127.0.0.1:1/trace_data")

    with override_settings(CONFIG=away):
        dag = activated(writer, feed())
        failed = outbox.publish_batch(settings.CONFIG).failed

    assert dag.active and [failure.message.kind for failure in failed] == ["prepare_table"]
    assert table_of(writer).state == TableState.PENDING and "Tried again" in table_of(writer).error
    Message.objects.update(due_at=timezone.now())
    publish()
    assert (table_of(writer).state, table_of(writer).error) == (TableState.READY, "")


def test_a_dispatcher_without_the_right_to_make_tables_says_so(writer: Persona, data_plane: DataPlane) -> None:
    with override_settings(CONFIG=dataclasses.replace(settings.CONFIG, tables_dsn="")):
        activated(writer, feed())
        outbox.publish_batch(settings.CONFIG)

    assert table_of(writer).state == TableState.PENDING and "TRACE_TABLES_DSN" in table_of(writer).error


def test_a_new_column_that_may_be_missing_and_a_new_index_are_added(writer: Persona, data_plane: DataPlane) -> None:
    armed(writer, feed())

    armed(writer, feed(PRICES | {"fee": "uint256?"}, indexes=[["price"], ["symbol", "price"]]))

    assert columns(data_plane, writer)["fee"] == ("numeric", True)
    assert indexes(data_plane, writer) == ["btree (price)", "btree (symbol, at)", "btree (symbol, price)"]


def test_a_column_may_come_to_be_missing(writer: Persona, data_plane: DataPlane) -> None:
    armed(writer, feed())

    armed(writer, feed(PRICES | {"price": "uint256?"}))

    assert columns(data_plane, writer)["price"] == ("numeric", True)


def test_going_back_to_a_version_with_fewer_columns_keeps_them_and_forward_again_finds_them(
    writer: Persona, data_plane: DataPlane
) -> None:
    armed(writer, feed())
    armed(writer, feed(PRICES | {"fee": "uint256?"}))

    armed(writer, feed())
    armed(writer, feed(PRICES | {"fee": "uint256?"}))

    assert table_of(writer).state == TableState.READY and "fee" in columns(data_plane, writer)


def test_a_version_that_drops_a_column_lets_it_be_missing(writer: Persona, data_plane: DataPlane) -> None:
    armed(writer, feed())

    armed(writer, feed({name: kind for name, kind in PRICES.items() if name != "price"}))

    assert columns(data_plane, writer)["price"] == ("numeric", True)


@pytest.mark.parametrize(("text", "words"), [
    (feed(PRICES | {"price": "text"}), "kept as `uint256` and cannot become `text`"),
    (feed(PRICES | {"fee": "uint256"}), "`fee` is new and never missing"),
    (feed(unique=("symbol",)), "unique by `at`, `symbol`, not by `symbol`"),
])  # fmt: skip
def test_what_a_table_cannot_become_is_refused_with_what_to_do(
    writer: Persona, data_plane: DataPlane, text: str, words: str
) -> None:
    armed(writer, feed())

    with pytest.raises(Invalid) as refused:
        deploy(writer, text, name="feed")

    (problem,) = refused.value.errors
    assert (problem["code"], problem["line"]) == ("schema_mismatch", 1) and words in str(problem["message"])


def test_an_activation_that_meets_another_table_is_refused(writer: Persona, data_plane: DataPlane) -> None:
    """Between the check of a document and the lock of its org somebody may have activated another."""
    wanted(writer, {"v": "text"})

    with pytest.raises(Conflict, match="kept as `text` and cannot become `uint256`") as refused:
        wanted(writer, {"v": "uint256"})

    assert refused.value.code == "table_differs" and refused.value.errors
    assert table_of(writer).state == TableState.READY


@pytest.mark.parametrize(("statement", "words"), [
    ("ALTER TABLE {} ADD COLUMN mine text", "the column `mine` was added"),
    ("ALTER TABLE {} DROP COLUMN note", "the column `note` is gone"),
    ("ALTER TABLE {} ALTER COLUMN note TYPE varchar(10)", "the column `note` is character varying(10) and was made as text"),
    ("ALTER TABLE {} ALTER COLUMN symbol DROP NOT NULL", "the column `symbol` may be NULL"),
    ("ALTER TABLE {} DROP CONSTRAINT price", "nothing holds `price`"),
    ("COMMENT ON TABLE {} IS 'mine'", "the comment on the table"),
    ("DROP TABLE {}", "Its table is gone"),
])  # fmt: skip
def test_a_table_that_was_altered_by_hand_is_reported_and_left_alone(
    writer: Persona, data_plane: DataPlane, statement: str, words: str
) -> None:
    armed(writer, feed())
    data_plane.run(statement.format(data_plane.table(writer.org.pk, dataset_of(writer).pk)))
    before = data_plane.run(_ATTRIBUTES, OrgNames(writer.org.pk).schema)

    armed(writer, feed(PRICES | {"fee": "uint256?"}))

    assert table_of(writer).state == TableState.DRIFTED and words in table_of(writer).error
    assert data_plane.run(_ATTRIBUTES, OrgNames(writer.org.pk).schema) == before


def test_what_was_put_right_by_hand_is_looked_at_again(writer: Persona, data_plane: DataPlane) -> None:
    armed(writer, feed())
    name = data_plane.table(writer.org.pk, dataset_of(writer).pk)
    data_plane.run(f"ALTER TABLE {name} ADD COLUMN mine text")
    armed(writer, feed(PRICES | {"fee": "uint256?"}))

    data_plane.run(f"ALTER TABLE {name} DROP COLUMN mine")
    services.look_again(dataset_of(writer), by=acting(writer), now=timezone.now())
    publish()

    assert table_of(writer).state == TableState.READY and "fee" in columns(data_plane, writer)


def test_the_role_of_one_org_does_not_see_another(writer: Persona, data_plane: DataPlane) -> None:
    other = make_persona("writer", org=make_org("Elsewhere"))
    armed(writer, feed())
    armed(other, feed())
    names = OrgNames(writer.org.pk)

    for role, login in ((names.writer, "trace_sink"), (names.reader, "trace_query")):
        with psycopg.connect(data_plane.dsn(login)) as connection:
            connection.execute(f"SET LOCAL ROLE {role}")
            assert connection.execute(f"SELECT count(*) FROM {data_plane.table(writer.org.pk, dataset_of(writer).pk)}").fetchone()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM {data_plane.table(other.org.pk, dataset_of(other).pk)}")


@pytest.mark.parametrize(("login", "statement"), [
    ("trace_sink", "SELECT * FROM {table}"),
    ("trace_sink", "SET ROLE trace_tables"),
    ("trace_sink", "CREATE SCHEMA mine"),
    ("trace_sink", "SET ROLE {reader}"),
    ("trace_query", "SELECT * FROM {table}"),
    ("trace_query", "SET ROLE {writer}"),
    ("trace_internal", "SET ROLE {writer}"),
    ("trace_dispatcher", "SELECT * FROM {table}"),
    ("trace_tables", "CREATE TABLE public.mine (a int)"),
    ("trace_tables", "ALTER ROLE trace_owner PASSWORD 'mine'"),
    ("trace_tables", "GRANT trace_owner TO trace_tables"),
])  # fmt: skip
def test_a_login_may_not(writer: Persona, data_plane: DataPlane, login: str, statement: str) -> None:
    armed(writer, feed())
    names = OrgNames(writer.org.pk)
    table = data_plane.table(writer.org.pk, dataset_of(writer).pk)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        data_plane.run(statement.format(table=table, reader=names.reader, writer=names.writer), role=login)


@pytest.mark.parametrize("statement", ["DROP TABLE {}", "ALTER TABLE {} ADD COLUMN x int", "TRUNCATE {}"])
def test_the_writer_of_an_org_writes_rows_and_alters_nothing(writer: Persona, data_plane: DataPlane, statement: str) -> None:
    armed(writer, feed())

    with psycopg.connect(data_plane.dsn("trace_sink")) as connection:
        connection.execute(f"SET LOCAL ROLE {OrgNames(writer.org.pk).writer}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.format(data_plane.table(writer.org.pk, dataset_of(writer).pk)))
