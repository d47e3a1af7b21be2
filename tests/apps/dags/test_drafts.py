"""Drafts: of a DAG, of a new one, and those that were set aside; none takes the place of another."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.dags import services
from apps.dags.domain import jobs_in
from apps.dags.models import Draft
from apps.dags.services import drafting
from apps.platform.errors import Invalid
from tests.apps.dags.makers import deploy, manual
from tests.factories import NOON, Persona, sign_in

pytestmark = pytest.mark.django_db

FIRST, SECOND = "-00000001", "-00000002"


def browser(persona: Persona) -> Client:
    made = Client()
    sign_in(made, persona.person)
    return made


def put(persona: Persona, **said: str):  # type: ignore[no-untyped-def]
    address = f"/o/{persona.org.slug}/dags/-/draft"
    return browser(persona).put(address, {"yaml": "", **said}, content_type="application/json")


def page(persona: Persona, path: str, *, status: int = 200) -> str:
    answer = browser(persona).get(f"/o/{persona.org.slug}/dags{path}")
    assert answer.status_code == status
    return answer.text


def test_two_new_dags_have_a_draft_each_and_both_are_offered(writer: Persona) -> None:
    for slot, name in ((FIRST, "one"), (SECOND, "two")):
        assert put(writer, slot=slot, yaml=f"name: {name}\n").status_code == 200

    for path in ("", "/-/new"):
        text = page(writer, path)
        assert f'/-/new?draft={FIRST}">one</a>' in text and f'/-/new?draft={SECOND}">two</a>' in text
    assert "name: one" in page(writer, f"/-/new?draft={FIRST}")


def test_a_draft_set_aside_leads_to_the_editor_of_its_dag(writer: Persona) -> None:
    version = deploy(writer, manual())
    put(writer, dag="ranges", base=str(version.pk), yaml="# usual")
    put(writer, dag="ranges", slot=FIRST, base=str(version.pk), yaml="# aside")

    assert f'/ranges/edit?draft={FIRST}">ranges, set aside</a>' in page(writer, "/ranges")
    assert "# aside" in page(writer, f"/ranges/edit?draft={FIRST}")
    assert "# usual" in page(writer, "/ranges/edit")


@pytest.mark.parametrize("path", [f"/-/new?draft={FIRST}", f"/ranges/edit?draft={FIRST}", "/ranges/edit?draft=ranges"])
def test_a_draft_that_is_not_there_is_404(writer: Persona, path: str) -> None:
    deploy(writer, manual())

    page(writer, path, status=404)


def test_a_draft_is_nobody_elses(writer: Persona, admin: Persona) -> None:
    put(writer, slot=FIRST, yaml="name: one\n")

    page(admin, f"/-/new?draft={FIRST}", status=404)


def test_a_deploy_takes_away_the_draft_that_says_the_same_and_no_other(writer: Persona) -> None:
    put(writer, slot=FIRST, yaml=manual())
    put(writer, slot=SECOND, yaml=manual(chunk=2))

    deploy(writer, manual())

    assert [draft.name for draft in Draft.objects.all()] == [SECOND]


@pytest.mark.parametrize("slot", ["x", "-xyz", "-123456789", "ranges"])
def test_a_slot_is_none_that_a_dag_could_be_called(writer: Persona, slot: str) -> None:
    assert put(writer, slot=slot).status_code == 400


def test_a_draft_of_nothing_is_refused(writer: Persona) -> None:
    assert put(writer).status_code == 400


def test_drafts_of_new_dags_are_limited_and_the_last_can_still_be_saved(writer: Persona) -> None:
    for number in range(drafting.MOST_SLOTS):
        draft = services.save_draft(writer.org, writer.person, f"-{number:08x}", "", base=None, now=NOON)

    with pytest.raises(Invalid, match="deploy one of them, or discard it"):
        services.save_draft(writer.org, writer.person, "-ffffffff", "", base=None, now=NOON)
    services.save_draft(writer.org, writer.person, draft.name, "more", base=None, now=NOON, seen=NOON)


@pytest.mark.parametrize(
    ("text", "title"),
    [("name: one", "one"), ('# x\nname: "one"  # so\n', "one"), ("name: a b", "a new DAG"), ("  name: one", "a new DAG")],
)
def test_a_draft_of_a_new_dag_is_called_as_its_text_calls_itself(text: str, title: str) -> None:
    assert Draft(name=FIRST, yaml=text).title == title


def test_a_draft_is_discarded_where_it_is_listed_and_only_as_it_was_seen(writer: Persona, admin: Persona) -> None:
    put(writer, slot=FIRST, yaml=manual("one"))
    put(admin, slot=FIRST, yaml="name: of-another-person\n")
    text = page(writer, "")
    assert "2 jobs, saved" in text
    (draft,) = Draft.objects.filter(person=writer.person)
    said = {"draft": FIRST, "seen": draft.saved_at.isoformat()}

    for seen in ("2020-01-01T00:00:00+00:00", said["seen"]):
        assert browser(writer).post(f"/o/{writer.org.slug}/dags/-/discard", said | {"seen": seen}).status_code == 302
        left = list(Draft.objects.values_list("person", flat=True))
        assert (writer.person.pk in left) is (seen != said["seen"]) and admin.person.pk in left


def test_a_draft_of_a_dag_is_discarded_on_its_page(writer: Persona) -> None:
    version = deploy(writer, manual())
    put(writer, dag="ranges", base=str(version.pk), yaml="# usual")
    draft = Draft.objects.get()
    assert f'name="seen" value="{draft.saved_at.isoformat()}"' in page(writer, "/ranges")

    said = {"draft": "ranges", "seen": draft.saved_at.isoformat(), "back": "ranges"}
    answer = browser(writer).post(f"/o/{writer.org.slug}/dags/-/discard", said)
    assert answer["Location"] == f"/o/{writer.org.slug}/dags/ranges" and not Draft.objects.exists()


@pytest.mark.parametrize(("text", "count"), [
    ("", 0), ("name: a\n", 0), ("jobs:\n", 0), (manual(), 2), (manual(publish="blocks"), 3),
    ("jobs:\n- name: a\n  inputs:\n    - from: { job: b }\n# why\n\n- name: b\npublish:\n", 2), ("jobs:\n  - name: a\n  - na", 2),
])  # fmt: skip
def test_the_jobs_of_a_text_that_is_half_written_are_counted(text: str, count: int) -> None:
    assert jobs_in(text) == count
