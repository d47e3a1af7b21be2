"""The pages of DAGs, as each persona sees them."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.dags.document.surroundings import alone
from apps.dags.document.validating import check
from apps.dags.models import Dag
from apps.dags.starters import all_starters
from tests.apps.dags.makers import HOURLY, activate, deploy, manual
from tests.factories import Persona, sign_in

pytestmark = pytest.mark.django_db


def browser(persona: Persona) -> Client:
    made = Client()
    sign_in(made, persona.person)
    return made


def page(persona: Persona, path: str = "") -> str:
    answer = browser(persona).get(f"/o/{persona.org.slug}/dags{path}")
    assert answer.status_code == 200
    return answer.text


def test_an_empty_list_teaches_the_next_step_to_those_who_may_take_it(writer: Persona, reader: Persona) -> None:
    assert "Start from a template" in page(writer)
    assert "Start from a template" not in page(reader) and "A writer or an admin" in page(reader)


def test_the_list_says_what_is_active_and_when_it_runs_next(writer: Persona) -> None:
    activate(writer, deploy(writer, manual(extra=HOURLY)))
    deploy(writer, manual(chunk=2, extra=HOURLY))

    text = page(writer)
    assert "<code>0 * * * *</code>" in text and "of 2" in text and "Active" in text


def test_when_it_runs_next_is_said_of_an_active_dag_only(writer: Persona) -> None:
    version = deploy(writer, manual(extra=HOURLY))
    assert "not active" in page(writer) and "Runs next" not in page(writer, "/ranges")
    activate(writer, version)

    assert "not active" not in page(writer) and "Runs next" in page(writer, "/ranges")


def test_the_list_asks_the_database_as_often_for_fifty_as_for_one(writer: Persona) -> None:
    activate(writer, deploy(writer, manual()))
    with CaptureQueriesContext(
        connection,
    ) as one:
        page(writer)
    for number in range(20):
        name = f"dag{number}"
        activate(writer, deploy(writer, manual(name), name=name))
    with CaptureQueriesContext(connection) as many:
        page(writer)

    assert len(many) == len(one)


@pytest.mark.parametrize("starter", all_starters(), ids=lambda starter: starter.key)
def test_every_template_is_valid_and_opens_in_the_editor(writer: Persona, starter) -> None:  # type: ignore[no-untyped-def]
    assert check(starter.text, alone()).problems == []
    assert "trace-dag-editor" in page(writer, f"/-/new?from={starter.key}")


def test_an_activation_is_made_on_the_page_of_the_version(writer: Persona) -> None:
    deploy(writer, manual())
    assert "Activate …" in page(writer, "/ranges/versions/1")
    browser(writer).post(f"/o/{writer.org.slug}/dags/ranges/activate", {"version": "1"})

    active = Dag.objects.get().active
    assert active and active.number == 1
    assert "Switch off …" in page(writer, "/ranges/versions/1")


@pytest.mark.parametrize("path", ["/ranges", "/ranges/history"])
def test_every_version_offers_the_move_of_the_pointer_to_it(writer: Persona, reader: Persona, path: str) -> None:
    versions = [deploy(writer, manual(chunk=chunk)) for chunk in (1, 2, 3)]
    for version in versions[:2]:
        activate(writer, version)
    text = page(writer, path)

    assert 'versions/1#activate">Roll back to 1 …' in text
    assert 'versions/2#switch-off">Switch off …' in text
    assert 'versions/3#activate">Activate 3 …' in text
    assert "Activate version 3 …" in text
    assert "#activate" not in page(reader, path)


def test_the_newest_version_is_offered_for_activation_only_while_it_is_not_active(writer: Persona) -> None:
    version = deploy(writer, manual())
    assert "Activate version 1 …" in page(writer, "/ranges")
    activate(writer, version)

    assert "Activate version 1 …" not in page(writer, "/ranges")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/ranges/edit", "You edit version 3, the newest. Version 2 is active: edit that one ."),
        ("/ranges/edit?version=2", "You edit version 2, the active one. Version 3 is the newest: edit that one ."),
        ("/ranges/edit?version=1", "You edit version 1, an earlier one. Version 2 is active: edit that one . Version 3 is the newest: edit that one ."),
    ],
)  # fmt: skip
def test_the_editor_says_which_version_is_edited_and_which_is_active(writer: Persona, address: str, said: str) -> None:
    versions = [deploy(writer, manual(chunk=chunk)) for chunk in (1, 2, 3)]
    activate(writer, versions[1])

    assert said in " ".join(re.sub(r"<[^>]+>", " ", page(writer, address)).split())


def test_the_editor_of_a_version_that_is_newest_and_active_says_both(writer: Persona) -> None:
    activate(writer, deploy(writer, manual()))

    assert "You edit version 1, the newest and active." in page(writer, "/ranges/edit")


def test_an_earlier_version_offers_the_way_back(writer: Persona) -> None:
    for chunk in (1, 2):
        activate(writer, deploy(writer, manual(chunk=chunk)))

    assert "Roll back …" in page(writer, "/ranges/versions/1")


def test_what_cannot_run_yet_says_so_and_offers_no_activation(writer: Persona) -> None:
    deploy(writer, manual(publish="blocks"))
    text = page(writer, "/ranges/versions/1")

    assert "It can be deployed, not activated." in text and "Activate …" not in text


@pytest.mark.parametrize("path", ["/ranges", "/ranges/versions/1", "/ranges/versions/1/diff", "/ranges/history"])
def test_a_reader_reads_and_changes_nothing(writer: Persona, reader: Persona, path: str) -> None:
    deploy(writer, manual())
    text = page(reader, path)

    assert "Activate …" not in text and "/edit" not in text


@pytest.mark.parametrize(
    "path", ["/none", "/ranges/versions/9", "/ranges/versions/99999999999", "/-/new?from=nothing", "/ranges/edit?version=x"]
)
def test_what_is_not_there_is_404(writer: Persona, path: str) -> None:
    deploy(writer, manual())

    assert browser(writer).get(f"/o/{writer.org.slug}/dags{path}").status_code == 404


def test_a_text_is_shown_as_text(writer: Persona) -> None:
    deploy(writer, "# <script>alert(1)</script>\n" + manual())

    assert "<script>alert(1)" not in page(writer, "/ranges/versions/1")
    assert "<script>alert(1)" not in page(writer, "/ranges/edit")


def test_only_what_was_active_is_rolled_back_to_and_an_active_dag_is_switched_off_from_its_heading(writer: Persona) -> None:
    first, second = deploy(writer, manual()), deploy(writer, manual(chunk=2))
    activate(writer, second)
    made = Client()
    sign_in(made, writer.person)
    address = f"/o/{writer.org.slug}/dags/ranges"
    text = made.get(address).text
    assert "Activate 1 …" in text and "Roll back" not in text + made.get(f"{address}/versions/1").text
    assert 'data-dialog="switch-off"' in text and 'id="switch-off"' in made.get(f"{address}/history").text

    activate(writer, first)
    activate(writer, second)
    assert "Roll back to 1 …" in made.get(address).text
