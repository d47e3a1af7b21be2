"""Datasets over HTTP and at a terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from apps.datasets.domain import Column
from apps.orgs.services import change_visibility
from tests.apps.cli.conftest import seat, terminal
from tests.apps.cli.terminal import Terminal
from tests.apps.console.catalog.makers import make_dataset
from tests.apps.pii.makers import make_classified
from tests.factories import Persona, acting

__all__ = ["seat", "terminal"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def two(writer: Persona) -> None:
    columns = [Column("price", "float64", description="In dollars"), Column("email", "text", nullable=True)]
    make_dataset(writer.org, "trades", owner=writer.person, columns=columns, tags=["dex"], description="Every swap")
    closed = make_dataset(writer.org, "customers", owner=writer.person, description="Whom we bill")
    with transaction.atomic():
        change_visibility(closed, visibility="private", by=acting(writer))
        make_classified(writer.org, "email", dataset="trades")


def get(persona: Persona, path: str, *, status: int = 200) -> dict[str, Any]:
    answer = Client(headers={"Authorization": persona.bearer}).get(f"/v1/datasets{path}")
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_the_list_has_the_filters_of_the_page(reader: Persona) -> None:
    (told,) = get(reader, "?search=pri&tag=dex&pii=yes&storage=s3&visibility=org")["results"]

    assert told["name"] == "trades" and told["matching_columns"] == ["price"] and told["has_pii"]
    assert get(reader, "?tag=none") == {"results": [], "next": None}
    assert get(reader, "?storage=tape", status=400)["code"] == "bad_filter"


def test_what_is_not_open_is_a_name_and_an_owner(reader: Persona, writer: Persona) -> None:
    stub = {"name": "customers", "org": writer.org.slug, "owner": writer.person.email, "is_open": False}

    assert get(reader, "?search=customers")["results"] == [stub] and get(reader, "/customers") == stub
    assert get(writer, "/customers")["description"] == "Whom we bill"


def test_pages_follow_one_another(reader: Persona) -> None:
    first = get(reader, "?limit=1")
    second = get(reader, f"?limit=1&cursor={first['next']}")

    assert second["next"] is None
    assert {page["results"][0]["name"] for page in (first, second)} == {"trades", "customers"}


def test_one_is_told_with_its_columns(reader: Persona) -> None:
    told = get(reader, "/trades")

    assert told["columns"] == [
        {"name": "price", "type": "float64", "nullable": False, "description": "In dollars", "pii": None},
        {"name": "email", "type": "text", "nullable": True, "description": "", "pii": {"kind": "email", "handling": "mask", "mask": "hash"}},
    ]  # fmt: skip
    assert told["made_by"] == told["read_by"] == []


def test_another_orgs_is_not_there(stranger: Persona) -> None:
    assert get(stranger, "/trades", status=404)["code"] == "unknown_dataset"
    assert get(stranger, "") == {"results": [], "next": None}


def test_a_terminal_lists_them_by_name(seat: Terminal) -> None:
    lines = seat.run("datasets").out.splitlines()

    assert [line.split()[0] for line in lines] == ["NAME", "customers", "trades"]
    assert [line.split()[0] for line in seat.run("datasets", "--tag", "dex").out.splitlines()] == ["NAME", "trades"]
    assert json.loads(seat.run("datasets", "--search", "trades", "--json").out)[0]["name"] == "trades"


def test_a_terminal_shows_one(seat: Terminal) -> None:
    shown = seat.run("datasets", "trades").out

    assert "Every swap" in shown and "float64" in shown and "In dollars" in shown
    assert json.loads(seat.run("datasets", "trades", "--json").out)["tags"] == ["dex"]
