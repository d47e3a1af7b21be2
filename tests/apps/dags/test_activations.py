"""What was active when, over HTTP."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.orgs.domain import Visibility
from tests.apps.dags.makers import activate, deploy, manual
from tests.factories import Persona

pytestmark = pytest.mark.django_db

ADDRESS = "/v1/dags/ranges/activations"


def history(persona: Persona, address: str = ADDRESS):  # type: ignore[no-untyped-def]
    return Client(headers={"Authorization": persona.bearer}).get(address)


def test_the_newest_is_first_with_what_was_before(writer: Persona, reader: Persona) -> None:
    first, second = (deploy(writer, manual(chunk=chunk)) for chunk in (1, 2))
    for version in (first, second, first):
        activate(writer, version)
    activate(writer, None, dag=first.dag)

    rows = history(reader).json()["results"]

    moves = [(row["move"], (row["version"] or {}).get("number"), (row["before"] or {}).get("number")) for row in rows]
    assert moves == [("deactivate", None, 1), ("rollback", 1, 2), ("activate", 2, 1), ("activate", 1, None)]
    assert {row["made_by"] for row in rows} == {writer.person.email}


def test_it_pages(writer: Persona) -> None:
    for chunk in (1, 2, 3):
        activate(writer, deploy(writer, manual(chunk=chunk)))

    page = history(writer, f"{ADDRESS}?limit=2").json()
    rest = history(writer, f"{ADDRESS}?limit=2&cursor={page['next']}").json()

    assert [row["version"]["number"] for row in page["results"] + rest["results"]] == [3, 2, 1]
    assert rest["next"] is None


def test_it_takes_the_right_to_see_the_dag(writer: Persona, reader: Persona, stranger: Persona) -> None:
    dag = activate(writer, deploy(writer, manual()))
    dag.visibility = Visibility.PRIVATE
    dag.save(update_fields=["visibility"])

    assert [history(persona).status_code for persona in (writer, reader, stranger)] == [200, 403, 404]
