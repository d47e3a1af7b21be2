"""What platform staff may write in an org that is not theirs they may read there."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.audit.domain import Actor
from apps.orgs.models import Org
from apps.platform.config import Config
from apps.vault.domain import Namespace
from apps.vault.services import set_secret
from tests.factories import Persona, make_membership

pytestmark = pytest.mark.django_db


def api(persona: Persona) -> Client:
    return Client(headers={"Authorization": persona.bearer})


def test_staff_find_every_org(operator: Persona, org: Org) -> None:
    rows = api(operator).get("/v1/platform/orgs", {"search": org.slug}).json()["results"]

    assert [row["slug"] for row in rows] == [org.slug]


def test_staff_see_their_own_secrets_of_an_org_and_no_others(operator: Persona, org: Org, vault: Config) -> None:
    for namespace in Namespace:
        set_secret(org, namespace=namespace, name=f"{namespace.upper()}_KEY", value="v", by=Actor.system("tests"), config=vault)

    names = [row["name"] for row in api(operator).get(f"/v1/orgs/{org.slug}/secrets/platform").json()]
    assert names == ["PLATFORM_KEY"]
    assert api(operator).get(f"/v1/orgs/{org.slug}/secrets").status_code == 404


def test_a_token_for_another_org_of_ones_own_is_told_whose_it_is(admin: Persona, stranger: Persona) -> None:
    make_membership(stranger.org, admin.person)
    message = api(admin).get(f"/v1/orgs/{stranger.org.slug}").json()["message"]

    assert f"This token is for the org `{admin.org.slug}`" in message
    assert "This token is for" in api(admin).get("/v1/orgs/never-made").json()["message"]
