"""What the editor asks of the server while somebody types."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.dags import selectors
from tests.apps.dags.makers import activate, deploy, manual
from tests.apps.dags.unbuilt import cryo_is_not_built
from tests.factories import Persona, sign_in

__all__ = ["cryo_is_not_built"]
pytestmark = pytest.mark.django_db


def call(persona: Persona, what: str, body: object, *, method: str = "post"):  # type: ignore[no-untyped-def]
    browser = Client(headers={"Accept": "application/json"})
    sign_in(browser, persona.person)
    path = f"/o/{persona.org.slug}/dags/-/{what}"
    return getattr(browser, method)(path, json.dumps(body), content_type="application/json")


def test_a_check_gives_problems_and_the_graph_as_far_as_it_goes(reader: Persona) -> None:
    told = call(reader, "check", {"yaml": manual().replace("job: start", "job: strat"), "dag": ""}).json()

    assert [(one["code"], one["line"], one["column"]) for one in told["problems"]] == [("unknown_job", 14, 29)]
    nodes = {node["id"]: (node["line"], node["end_line"], node["problems"]) for node in told["graph"]["nodes"]}
    assert nodes == {"job:start": (3, 8, 0), "job:chunks": (9, 17, 1), "job:strat": (0, 0, 0)}
    assert told["graph"]["edges"] == [{"from": "job:strat", "to": "job:chunks", "label": "0", "filtered": False}]


def test_what_cannot_be_read_has_no_graph(reader: Persona) -> None:
    told = call(reader, "check", {"yaml": "a: [", "dag": ""}).json()

    assert told["graph"] is None and told["problems"][0]["code"] == "yaml_syntax"


def test_an_edit_is_changes_of_the_text_in_the_browsers_units(writer: Persona) -> None:
    text = "# 🚀 beyond the first 65,536 characters\n" + manual()
    told = call(writer, "edit", {"yaml": text, "edit": {"kind": "rename_job", "job": "start", "name": "begin"}}).json()

    units = text.encode("utf-16-le")
    old = [units[2 * one["from"] : 2 * one["to"]].decode("utf-16-le") for one in told["changes"]]
    assert old == ["start", "start"] and {one["insert"] for one in told["changes"]} == {"begin"}


@pytest.mark.parametrize(("edit", "status", "code"), [
    ({"kind": "rename_job", "job": "start", "name": "chunks"}, 409, "duplicate_job"),
    ({"kind": "rename_job", "job": "start", "name": "Bad Name"}, 422, "bad_name"),
    ({"kind": "delete_job", "job": "none"}, 404, "unknown_job"),
    ({"kind": "connect", "from": "start", "to": "chunks"}, 409, "duplicate_input"),
    ({"kind": "explode"}, 400, "bad_edit"),
    ("delete", 400, "bad_edit"),
])  # fmt: skip
def test_an_edit_that_cannot_be_made_says_why(writer: Persona, edit: object, status: int, code: str) -> None:
    answer = call(writer, "edit", {"yaml": manual(), "edit": edit})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("body", ["text", [], {"yaml": 5}, {"yml": ""}, {"yaml": "", "dag": "", "more": 1}])
def test_what_is_no_call_is_400(reader: Persona, body: object) -> None:
    assert call(reader, "check", body).status_code == 400


def test_a_draft_is_kept_by_person_and_dag_with_its_base(writer: Persona, admin: Persona) -> None:
    version = deploy(writer, manual())
    body = {"yaml": "name: ran", "dag": "ranges", "base": str(version.pk)}
    assert call(writer, "draft?dag=ranges", body, method="put").status_code == 200

    kept = selectors.draft_of(writer.org, writer.person, "ranges")
    assert kept and (kept.yaml, kept.base) == ("name: ran", version)
    assert selectors.draft_of(admin.org, admin.person, "ranges") is None
    assert discard(writer, seen=kept.saved_at.isoformat()) == (204, "")
    assert selectors.draft_of(writer.org, writer.person, "ranges") is None
    assert discard(writer) == (204, "")


def discard(persona: Persona, *, seen: str = "") -> tuple[int, str]:
    answer: HttpResponse = call(persona, f"draft?{urlencode({'dag': 'ranges', 'seen': seen})}", {}, method="delete")
    return answer.status_code, json.loads(answer.content)["code"] if answer.content else ""


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_draft_of_another_tab_is_never_discarded(writer: Persona, *, is_seen: bool) -> None:
    deploy(writer, manual())
    first = json.loads(save_draft(writer, "name: one").content)["saved_at"]
    save_draft(writer, "name: other_tab", seen=first)

    assert discard(writer, seen=first if is_seen else "") == (409, "stale_draft")
    told = draft_told(writer)
    assert told and told["yaml"] == "name: other_tab"
    assert discard(writer, seen="yesterday") == (400, "bad_instant")
    assert discard(writer, seen=told["saved_at"]) == (204, "") and draft_told(writer) is None


def save_draft(persona: Persona, text: str, *, seen: str = "") -> HttpResponse:
    body = {"yaml": text, "dag": "ranges", "base": "", "seen": seen}
    answer: HttpResponse = call(persona, "draft?dag=ranges", body, method="put")
    return answer


def draft_told(persona: Persona) -> dict[str, str] | None:
    browser = Client(headers={"Accept": "application/json"})
    sign_in(browser, persona.person)
    told: dict[str, dict[str, str] | None] = browser.get(f"/o/{persona.org.slug}/dags/-/draft?dag=ranges").json()
    return told["draft"]


def test_a_draft_is_told_with_when_it_was_saved_and_what_it_began_as(writer: Persona) -> None:
    version = deploy(writer, manual())
    assert draft_told(writer) is None
    call(writer, "draft?dag=ranges", {"yaml": "name: ran", "dag": "ranges", "base": str(version.pk)}, method="put")

    kept = selectors.draft_of(writer.org, writer.person, "ranges")
    base = {"id": str(version.pk), "number": 1}
    assert kept and draft_told(writer) == {"yaml": "name: ran", "base": base, "saved_at": kept.saved_at.isoformat()}


def test_a_draft_goes_on_from_the_one_that_was_seen(writer: Persona) -> None:
    deploy(writer, manual())
    first = json.loads(save_draft(writer, "name: one").content)["saved_at"]

    assert save_draft(writer, "name: two", seen=first).status_code == 200


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_draft_of_another_tab_is_never_written_over(writer: Persona, *, is_seen: bool) -> None:
    deploy(writer, manual())
    first = json.loads(save_draft(writer, "name: one").content)["saved_at"]
    save_draft(writer, "name: other_tab", seen=first)
    answer = save_draft(writer, "name: mine", seen=first if is_seen else "")

    told = json.loads(answer.content)
    assert (answer.status_code, told["code"], told["theirs"]["yaml"]) == (409, "stale_draft", "name: other_tab")
    assert draft_told(writer) == told["theirs"]


def test_a_draft_that_says_the_same_is_no_conflict(writer: Persona) -> None:
    deploy(writer, manual())
    save_draft(writer, "name: one")

    assert save_draft(writer, "name: one").status_code == 200


def test_what_was_seen_is_an_instant(writer: Persona) -> None:
    deploy(writer, manual())
    answer = save_draft(writer, "name: one", seen="yesterday")

    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "bad_instant")


def test_a_stale_deploy_brings_both_texts(writer: Persona, admin: Persona) -> None:
    seen = deploy(writer, manual())
    deploy(admin, manual(chunk=5))
    answer = call(writer, "deploy", {"yaml": manual(chunk=7), "dag": "ranges", "base": str(seen.pk)})

    told = answer.json()
    assert (answer.status_code, told["code"], told["base_yaml"]) == (409, "stale_base", manual())
    assert (told["theirs"]["number"], told["theirs"]["yaml"], told["theirs"]["by"]) == (2, manual(chunk=5), admin.person.email)


def test_a_new_dag_does_not_become_a_version_of_one_that_is_there(writer: Persona) -> None:
    deploy(writer, manual())
    answer = call(writer, "deploy", {"yaml": manual(chunk=9), "dag": "", "base": ""})

    assert (answer.status_code, answer.json()["code"]) == (409, "dag_exists")


def test_a_deploy_leads_to_its_version(writer: Persona) -> None:
    told = call(writer, "deploy", {"yaml": manual(), "dag": "", "base": ""})

    assert told.status_code == 201 and told.json()["url"] == f"/o/{writer.org.slug}/dags/ranges/versions/1"


def test_a_difference_is_against_the_active_version(writer: Persona) -> None:
    activate(writer, deploy(writer, manual()))
    told = call(writer, "diff", {"yaml": manual(chunk=2), "dag": "ranges"}).json()

    assert told["text"] == {"old": manual(), "new": manual(chunk=2)}
    assert {node["name"]: node["change"] for node in told["graph"]["nodes"]} == {"start": "same", "chunks": "changed"}


def test_a_plan_is_what_an_activation_would_do(writer: Persona) -> None:
    activate(writer, deploy(writer, manual()))
    page = call(writer, "plan", {"yaml": manual(chunk=2), "dag": "ranges"}).text

    assert "1 of 2 jobs" in page and "Its definition changed." in page and "goes on without a restart" in page


@pytest.mark.usefixtures("cryo_is_not_built")
def test_the_vocabulary_says_which_operators_run_today(reader: Persona) -> None:
    browser = Client()
    sign_in(browser, reader.person)
    told = browser.get(f"/o/{reader.org.slug}/dags/-/vocabulary").json()

    assert told["operators"]["trigger_manual"]["available"] and not told["operators"]["cryo_ingest"]["available"]
