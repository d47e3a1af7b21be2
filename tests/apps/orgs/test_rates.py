"""Too many calls are refused, with the time to wait; the pages' own are not counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import Client, override_settings

from tests.factories import Persona, sign_in
from tests.fixtures.forger import Answering, Forger

pytestmark = pytest.mark.django_db


@pytest.fixture
def narrow() -> Iterator[None]:
    with override_settings(CONFIG=replace(settings.CONFIG, rate_per_person=3, rate_per_org=5)):
        yield


def program(persona: Persona) -> Client:
    return Client(headers={"Authorization": persona.bearer})


@pytest.mark.usefixtures("narrow")
def test_a_person_over_the_limit_is_told_when_to_come_back(reader: Persona, writer: Persona) -> None:
    answers = [program(reader).get("/v1/me") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].json()["code"] == "rate_limited" and "more than 3 calls" in answers[-1].json()["message"]
    assert program(writer).get("/v1/me").status_code == 200


@pytest.mark.usefixtures("narrow")
def test_an_org_over_the_limit_refuses_all_its_people(
    reader: Persona, writer: Persona, admin: Persona, stranger: Persona
) -> None:
    statuses = [program(who).get("/v1/me").status_code for who in (reader, writer) for _ in range(3)]

    assert statuses == [200] * 5 + [429]
    assert reader.org.slug in program(admin).get("/v1/me").json()["message"]
    assert program(stranger).get("/v1/me").status_code == 200


@pytest.mark.usefixtures("narrow")
def test_the_pages_own_calls_are_not_counted(client: Client, reader: Persona) -> None:
    sign_in(client, reader.person)

    assert {client.get("/v1/me").status_code for _ in range(8)} == {200}


@pytest.mark.xdist_group("sso")
@override_settings(CONFIG=replace(settings.CONFIG, rate_per_org=2))
def test_a_providers_token_counts_for_the_org_that_it_is_used_in(
    answering: Answering, forger: Forger, reader: Persona, stranger: Persona
) -> None:
    answering.with_token(email=stranger.person.email)
    bearer = {"Authorization": f"Bearer {forger.token()}"}
    outside = [Client().get(f"/v1/orgs/{reader.org.slug}", headers=bearer).status_code for _ in range(4)]
    inside = [Client().get(f"/v1/orgs/{stranger.org.slug}", headers=bearer).status_code for _ in range(3)]

    # Who is not of an org cannot use up its calls.
    assert (outside, inside) == ([404] * 4, [200, 200, 429])
    assert program(reader).get(f"/v1/orgs/{reader.org.slug}").status_code == 200


@override_settings(CONFIG=replace(settings.CONFIG, rate_per_person=0, rate_per_org=0))
def test_zero_is_no_limit(reader: Persona) -> None:
    assert {program(reader).get("/v1/me").status_code for _ in range(9)} == {200}
