"""A token is of one org, and no more than its scope."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from apps.orgs import services
from apps.orgs.models import ApiToken, Membership, Org
from tests.factories import NOON, Persona

pytestmark = pytest.mark.django_db


def test_a_token_reaches_its_own_org_only(admin: Persona, org: Org) -> None:
    other = services.ensure_org(slug=f"other-{uuid.uuid4().hex[:6]}", name="Other", now=NOON)
    Membership.objects.create(org=other, person=admin.person, role=other.roles.get(slug="admin"))
    client = Client(headers={"Authorization": admin.bearer})

    assert client.get(f"/v1/orgs/{other.slug}").status_code == 404
    assert [entry["slug"] for entry in client.get("/v1/orgs").json()] == [org.slug]


@pytest.mark.parametrize(
    ("scope", "allowed"), [("read", [200, 403, 403]), ("write", [200, 403, 403]), ("admin", [200, 200, 201])]
)
def test_a_token_is_cut_down_to_its_scope(admin: Persona, org: Org, scope: str, allowed: list[int]) -> None:
    ApiToken.objects.filter(membership__person=admin.person).update(scope=scope)
    client = Client(headers={"Authorization": admin.bearer, "Content-Type": "application/json"})

    answers = [
        client.get(f"/v1/orgs/{org.slug}/members"),
        client.patch(f"/v1/orgs/{org.slug}", {"name": "New"}, content_type="application/json"),
        client.post(f"/v1/orgs/{org.slug}/roles", {"slug": "auditors"}, content_type="application/json"),
    ]
    assert [answer.status_code for answer in answers] == allowed
