"""The newest rows of a table in *data*, read as its org's reader."""

# ruff: noqa: S608  names of tables, made of ids
from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings

from apps.console.preview import rows_of_table
from tests.apps.tables.conftest import everything_runs
from tests.apps.tables.makers import dataset_of, wanted
from tests.factories import Persona
from tests.fixtures.data import DataPlane

__all__ = ["everything_runs"]
pytestmark = pytest.mark.django_db
COLUMNS = {"block": "uint256", "data": "bytes", "at": "timestamp", "said": "json", "name": "text"}


@pytest.fixture
def web(data_plane: DataPlane) -> Iterator[DataPlane]:
    """As the process that shows pages: it has no right in *data* but to become the reader of an org."""
    with override_settings(CONFIG=dataclasses.replace(settings.CONFIG, data_dsn=data_plane.dsn("trace_web"))):
        yield data_plane


def told(who: Persona) -> dict[str, Any]:
    found: dict[str, Any] = Client(headers={"Authorization": who.bearer}).get("/v1/datasets/prices/preview").json()
    return found


def insert(plane: DataPlane, writer: Persona, values: str) -> None:
    name = plane.table(writer.org.pk, dataset_of(writer).pk)
    plane.run(f"INSERT INTO {name} (_batch, block, data, at, said, name) VALUES (gen_random_uuid(), {values})")


def test_every_value_is_text_and_exact(writer: Persona, reader: Persona, web: DataPlane) -> None:
    wanted(writer, COLUMNS)
    insert(web, writer, f"{2**256 - 1}, '\\x00ff', '2026-01-02 03:04:05+02', '{{\"a\": 1}}', 'x'")

    (row,) = told(reader)["rows"]

    assert row == [str(2**256 - 1), "0x00ff", "2026-01-02T01:04:05.000000Z", '{"a": 1}', "x"]


def test_a_long_value_is_cut_by_the_server(writer: Persona, reader: Persona, web: DataPlane) -> None:
    wanted(writer, COLUMNS)
    insert(web, writer, "1, convert_to(repeat('x', 3000000), 'UTF8'), now(), '{}', repeat('y', 3000000)")

    found = told(reader)

    assert found["is_cut"] and all(value is None or len(value) <= 1_001 for value in found["rows"][0])


def test_what_was_taken_back_is_not_shown(writer: Persona, reader: Persona, web: DataPlane) -> None:
    wanted(writer, COLUMNS)
    insert(web, writer, "1, '', now(), '{}', 'old'")
    web.run(f"UPDATE {web.table(writer.org.pk, dataset_of(writer).pk)} SET _retracted_at = now()")

    assert told(reader)["rows"] == [] and "no rows yet" in told(reader)["why_no_rows"]


def test_a_table_that_takes_too_long_is_a_sentence(
    writer: Persona, reader: Persona, web: DataPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_of_table, "_INSTANT", "(SELECT pg_sleep(60)::text || {}::text)")
    monkeypatch.setattr(rows_of_table, "_MOST_SECONDS", 1)
    wanted(writer, COLUMNS)
    insert(web, writer, "1, '', now(), '{}', ''")

    assert "within 1 seconds" in told(reader)["why_no_rows"]


def test_a_database_that_is_away_is_a_sentence(writer: Persona, reader: Persona, web: DataPlane) -> None:
    wanted(writer, COLUMNS)

    with override_settings(CONFIG=dataclasses.replace(settings.CONFIG, data_dsn="postgresql://a:b@127.0.0.1:9/x")):
        assert "does not answer" in told(reader)["why_no_rows"]


def test_pages_reach_no_table_but_as_a_reader(writer: Persona, web: DataPlane) -> None:
    wanted(writer, COLUMNS)

    with pytest.raises(Exception, match="permission denied"):
        web.run(f"SELECT * FROM {web.table(writer.org.pk, dataset_of(writer).pk)}", role="trace_web")
