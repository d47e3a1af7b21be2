"""Who the API says the caller is."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import BrowserSession
from apps.orgs.models import ApiToken
from tests.factories import NOON, Persona, make_membership, make_org, sign_in

pytestmark = pytest.mark.django_db


def me(client: Client, bearer: str):  # type: ignore[no-untyped-def]
    return client.get("/v1/me", headers={"Authorization": bearer})


def test_a_token_speaks_for_its_person_in_its_org_only(client: Client, writer: Persona) -> None:
    make_membership(make_org("Second"), writer.person, role="admin")

    answer = me(client, writer.bearer).json()

    assert answer["email"] == writer.person.email
    assert [(org["slug"], org["role"]) for org in answer["orgs"]] == [(writer.org.slug, "writer")]


def test_a_session_sees_every_org_of_the_person(client: Client, writer: Persona) -> None:
    make_membership(make_org("Second"), writer.person, role="admin")
    sign_in(client, writer.person)

    assert len(client.get("/v1/me").json()["orgs"]) == 2


def test_the_org_that_is_meant(client: Client, writer: Persona, stranger: Persona) -> None:
    """One is implied; among several the header says which; a token is for its own only."""
    sign_in(client, writer.person)
    assert client.get("/v1/me").json()["org"] == writer.org.slug

    second = make_org("Second")
    make_membership(second, writer.person)
    assert client.get("/v1/me").json()["org"] is None
    assert client.get("/v1/me", headers={"Trace-Org": second.slug}).json()["org"] == second.slug
    assert me(Client(), writer.bearer).json()["org"] == writer.org.slug

    foreign = client.get("/v1/me", headers={"Trace-Org": stranger.org.slug})
    beyond_the_token = client.get("/v1/me", headers={"Trace-Org": second.slug, "Authorization": writer.bearer})
    assert {(answer.status_code, answer.json()["code"]) for answer in (foreign, beyond_the_token)} == {(404, "unknown_org")}


def test_a_header_that_contradicts_the_address_is_refused(client: Client, writer: Persona, stranger: Persona) -> None:
    headers = {"Authorization": writer.bearer, "Trace-Org": stranger.org.slug}
    answer = client.get(f"/v1/orgs/{writer.org.slug}", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "org_mismatch")


@pytest.mark.parametrize("bearer", ["Bearer trace_pat_unknown", "Bearer ", "Bearer \xff"])
def test_an_unknown_token_is_refused(client: Client, bearer: str) -> None:
    answer = me(client, bearer)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("fault", ["revoked", "expired", "inactive person", "left the org"])
def test_a_token_ends_with_what_it_stands_on(client: Client, writer: Persona, fault: str) -> None:
    match fault:
        case "revoked":
            ApiToken.objects.update(revoked_at=NOON)
        case "expired":
            ApiToken.objects.update(expires_at="2000-01-01T00:00:00Z")
        case "inactive person":
            type(writer.person).objects.update(is_active=False)
        case "left the org":
            writer.person.memberships.all().delete()

    assert me(client, writer.bearer).status_code == 401


def test_every_answer_carries_a_request_id_and_an_acceptable_one_is_kept(client: Client) -> None:
    made = client.get("/v1/me")
    kept = client.get("/v1/me", headers={"X-Request-Id": "abc-12345"})
    replaced = client.get("/v1/me", headers={"X-Request-Id": "bad id\twith spaces"})

    assert made.headers["X-Request-Id"] == made.json()["request_id"]
    assert kept.json()["request_id"] == "abc-12345"
    assert replaced.json()["request_id"] != "bad id\twith spaces"


def change(client: Client, bearer: str, **body: object):  # type: ignore[no-untyped-def]
    return client.patch("/v1/me", body, content_type="application/json", headers={"Authorization": bearer})


def test_name_and_preferences_are_changed_and_the_rest_stays(client: Client, reader: Persona) -> None:
    assert me(client, reader.bearer).json()["preferences"] == {"theme": "system", "letter_keys": True}

    change(client, reader.bearer, name="Ada", preferences={"letter_keys": False})
    answer = change(client, reader.bearer, preferences={"theme": "dark"}).json()
    assert (answer["name"], answer["preferences"]) == ("Ada", {"theme": "dark", "letter_keys": False})


@pytest.mark.parametrize(
    "body", [{"name": "a\x07"}, {"preferences": {"theme": "blue"}}, {"preferences": {"letter_keys": "no idea"}}]
)
def test_what_makes_no_sense_is_refused_whole(client: Client, reader: Persona, body: dict[str, object]) -> None:
    assert change(client, reader.bearer, **body).status_code in {400, 422}
    assert me(client, reader.bearer).json()["name"] == "Reader"


def test_a_token_that_only_reads_changes_nothing(client: Client, reader: Persona) -> None:
    ApiToken.objects.update(scope="read")

    assert change(client, reader.bearer, name="Ada").status_code == 403


def test_sessions_are_listed_with_the_one_that_asks_and_ended(signed_in: Client, reader: Persona) -> None:
    other = BrowserSession.objects.create(person=reader.person, provider="demo", browser="Opera on Windows")
    listed = {entry["id"]: entry for entry in signed_in.get("/v1/me/sessions").json()["results"]}

    assert [entry["is_this"] for entry in listed.values()].count(True) == 1
    assert (listed[str(other.pk)]["provider"], listed[str(other.pk)]["is_this"]) == ("demo", False)
    assert signed_in.delete(f"/v1/me/sessions/{other.pk}").status_code == 204
    assert signed_in.delete(f"/v1/me/sessions/{other.pk}").status_code == 404


def test_somebody_elses_session_is_unknown(signed_in: Client, writer: Persona) -> None:
    theirs = BrowserSession.objects.create(person=writer.person, browser="Opera on Windows")

    assert signed_in.delete(f"/v1/me/sessions/{theirs.pk}").status_code == 404
    assert BrowserSession.objects.filter(pk=theirs.pk).exists()
