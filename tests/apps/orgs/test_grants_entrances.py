"""Grants through the API and the Admin page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.domain import Actor
from apps.orgs import services
from apps.orgs.models import Org
from tests.factories import Persona, make_org, sign_in
from tests.grantable.models import Paper, PaperGrant

pytestmark = pytest.mark.django_db


@pytest.fixture
def thing(org: Org) -> Paper:
    return Paper.objects.create(org=org, title="Mempool", visibility="private")


def wanted(thing: Paper, **changes: object) -> dict[str, object]:
    ends = (timezone.now() + timedelta(days=3)).isoformat()
    standard = {"to": {"role": "reader"}, "level": "view", "purpose": "research", "expires_at": ends}
    return {"kind": "paper", "object": str(thing.pk)} | standard | changes


def api(persona: Persona) -> Client:
    return Client(headers={"Authorization": persona.bearer})


def test_a_grant_is_made_listed_and_revoked(admin: Persona, thing: Paper) -> None:
    path = f"/v1/orgs/{admin.org.slug}/grants"
    made = api(admin).post(path, wanted(thing), content_type="application/json")

    assert made.status_code == 201
    assert {name: made.json()[name] for name in ("kind", "name", "to", "level")} == {
        "kind": "paper", "name": "Mempool", "to": {"role": "reader"}, "level": "view",
    }  # fmt: skip
    assert api(admin).get(path).json() == {"results": [made.json()], "next": None}
    assert api(admin).delete(f"{path}/{made.json()['id']}").status_code == 204
    assert api(admin).get(path).json()["results"] == []
    assert api(admin).delete(f"{path}/{made.json()['id']}").json()["code"] == "grant_closed"


def test_the_list_narrows_and_pages(admin: Persona, thing: Paper) -> None:
    other = Paper.objects.create(org=admin.org, title="Other")
    for one in (thing, other):
        for role in ("reader", "writer"):
            services.grant(
                one,
                to={"role": role},
                level="view",
                purpose="research",
                expires_at=None,
                by=Actor.system("tests"),
                now=timezone.now(),
            )
    path = f"/v1/orgs/{admin.org.slug}/grants"

    assert {row["name"] for row in api(admin).get(f"{path}?kind=paper&object={other.pk}").json()["results"]} == {"Other"}
    first = api(admin).get(f"{path}?limit=3").json()
    second = api(admin).get(f"{path}?limit=3&cursor={first['next']}").json()
    assert len({row["id"] for row in first["results"] + second["results"]}) == 4 and second["next"] is None


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"kind": "boat"}, 422, "unknown_kind"),
        ({"object": "6b3b9a4e-5b3c-4a53-9d63-0d9bb5f6a111"}, 404, "unknown_object"),
        ({"object": "mine"}, 400, "bad_input"),
        ({"to": "everybody"}, 400, "bad_input"),
        ({"to": {"role": "nothing"}}, 422, "unknown_role"),
        ({"expires_at": "soon"}, 400, "bad_input"),
    ],
)
def test_what_is_refused_says_why(admin: Persona, thing: Paper, changes: dict[str, object], status: int, code: str) -> None:
    answer = api(admin).post(f"/v1/orgs/{admin.org.slug}/grants", wanted(thing, **changes), content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_filter_that_is_no_id_or_no_kind(admin: Persona) -> None:
    path = f"/v1/orgs/{admin.org.slug}/grants"

    assert api(admin).get(f"{path}?object=x").json()["code"] == "bad_id"
    assert api(admin).get(f"{path}?kind=x").json()["code"] == "unknown_kind"


def test_another_orgs_things_and_grants_are_unknown(admin: Persona, stranger: Persona, thing: Paper) -> None:
    given = services.grant(
        thing,
        to={"role": "reader"},
        level="view",
        purpose="research",
        expires_at=None,
        by=Actor.system("tests"),
        now=timezone.now(),
    )
    path = f"/v1/orgs/{stranger.org.slug}/grants"

    assert api(stranger).post(path, wanted(thing), content_type="application/json").json()["code"] == "unknown_object"
    assert api(stranger).delete(f"{path}/{given.pk}").json()["code"] == "unknown_grant"


def test_the_page_shows_a_matrix_and_what_others_share(client: Client, admin: Persona, reader: Persona, thing: Paper) -> None:
    sign_in(client, admin.person)
    page = f"/o/{admin.org.slug}/admin/grants"
    assert "Nothing is granted" in client.get(page).text

    form = {
        "thing": f"paper:{thing.pk}",
        "to": "person",
        "name": reader.person.email,
        "level": "view",
        "purpose": "audit",
        "days": 3,
    }
    assert "Mempool is granted to" in client.post(f"{page}/give", form, follow=True).text
    elsewhere = Paper.objects.create(org=make_org("Far away"), title="Theirs")
    services.grant(
        elsewhere, to={"org": admin.org.slug}, level="view", purpose="joint work", expires_at=timezone.now() + timedelta(days=2),
        by=Actor.system("tests"), now=timezone.now(),
    )  # fmt: skip

    shown = client.get(page).text
    assert all(words in shown for words in ("Mempool", reader.person.email, "Theirs", "Far away", "joint work"))
    assert "no longer granted" in client.post(f"{page}/{PaperGrant.objects.get(purpose='audit').pk}/revoke", follow=True).text


def test_a_form_that_is_wrong_says_so_beside_the_field(client: Client, admin: Persona, thing: Paper) -> None:
    sign_in(client, admin.person)
    form = {"thing": f"paper:{thing.pk}", "to": "org", "name": "nowhere", "level": "view", "purpose": "audit", "days": ""}
    answer = client.post(f"/o/{admin.org.slug}/admin/grants/give", form)

    assert answer.status_code == 422
    assert "There is no org `nowhere`" in answer.text.replace("&#x27;", "'")
    assert not PaperGrant.objects.exists()


def test_why_somebody_reaches_a_thing_is_explained(client: Client, admin: Persona, reader: Persona, thing: Paper) -> None:
    services.grant(
        thing,
        to={"person": reader.person.email},
        level="view",
        purpose="audit",
        expires_at=None,
        by=Actor.system("tests"),
        now=timezone.now(),
    )
    path = f"/v1/orgs/{admin.org.slug}/access?person={reader.person.pk}"
    answers = api(admin).get(f"{path}&kind=paper&object={thing.pk}").json()

    assert [(one["action"], one["is_allowed"]) for one in answers] == [("view", True), ("change", False)]
    assert answers[0]["because"] == "It is granted to them."
    assert {one["action"]: one["is_allowed"] for one in api(admin).get(path).json()}["members.change"] is False
    sign_in(client, admin.person)
    page = client.get(f"/o/{admin.org.slug}/admin/access?person={reader.person.pk}&thing=paper:{thing.pk}").text
    assert "It is granted to them." in page


def test_a_thing_that_one_does_not_see_is_not_offered_for_explaining(client: Client, writer: Persona, thing: Paper) -> None:
    sign_in(client, writer.person)

    assert "Mempool" not in client.get(f"/o/{writer.org.slug}/admin/access?thing=paper:{thing.pk}").text
    asked = f"/v1/orgs/{writer.org.slug}/access?person={writer.person.pk}&kind=paper&object={thing.pk}"
    assert api(writer).get(asked).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?person=x",
        "?person=6b3b9a4e-5b3c-4a53-9d63-0d9bb5f6a111",
        "?person={me}&kind=paper&object=x",
        "?person={me}&kind=boat",
    ],
)
def test_a_question_that_makes_no_sense(admin: Persona, query: str) -> None:
    answer = api(admin).get(f"/v1/orgs/{admin.org.slug}/access{query.format(me=admin.person.pk)}")

    assert (answer.status_code in {400, 404, 422}, bool(answer.json()["message"])) == (True, True)
