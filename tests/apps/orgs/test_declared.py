"""A call may name what its view declares; a slip of the pen is an answer and not silence."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.orgs.models import Org
from tests.factories import Persona

pytestmark = pytest.mark.django_db


def api(persona: Persona) -> Client:
    return Client(headers={"Authorization": persona.bearer})


def test_an_unknown_field_is_named_with_the_one_that_was_meant(admin: Persona, reader: Persona, org: Org) -> None:
    path = f"/v1/orgs/{org.slug}/members/{reader.person.pk}"
    answer = api(admin).put(path, {"role": "writer", "own_role": ["x"]}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert [error["path"] for error in answer.json()["errors"]] == ["own_role"]
    assert "did you mean `own_roles`?" in answer.json()["message"]


def test_a_field_within_a_field_is_looked_at_too(reader: Persona) -> None:
    answer = api(reader).patch("/v1/me", {"preferences": {"them": "dark"}}, content_type="application/json")

    assert answer.json()["code"] == "unknown_field"
    assert "`preferences.them`: did you mean `preferences.theme`?" in answer.json()["message"]


@pytest.mark.parametrize("path", ["audit?acton=member.", "audit/export?acton=member."])
def test_a_misspelt_filter_is_not_the_whole_list(admin: Persona, org: Org, path: str) -> None:
    answer = api(admin).get(f"/v1/orgs/{org.slug}/{path}")

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
    assert "did you mean `action`?" in answer.json()["message"]


def test_a_call_that_takes_nothing_says_so(reader: Persona, org: Org) -> None:
    assert "it has none" in api(reader).get(f"/v1/orgs/{org.slug}/quotas?page=2").json()["message"]


def test_a_stranger_learns_nothing_by_a_wrong_name(stranger: Persona, org: Org) -> None:
    assert api(stranger).get(f"/v1/orgs/{org.slug}/members?x=1").status_code == 404


@pytest.mark.parametrize("body", ["[]", '"text"', "5"])
def test_a_body_that_is_no_object_is_refused(reader: Persona, body: str) -> None:
    assert api(reader).patch("/v1/me", body, content_type="application/json").json()["code"] == "bad_input"
