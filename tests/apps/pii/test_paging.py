"""The lists of personal data are shown by the page, each turned by itself."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from apps.orgs.models import Org
from apps.pii import services
from tests.apps.pii.makers import MORE_THAN_A_PAGE, make_classified, make_more_than_a_page, make_request
from tests.factories import Persona, acting, make_persona, sign_in

pytestmark = pytest.mark.django_db


def page(client: Client, persona: Persona, query: str = "") -> str:
    sign_in(client, persona.person)
    return client.get(f"/o/{persona.org.slug}/admin/pii{query}").text


def links(shown: str) -> list[str]:
    return [href.replace("&amp;", "&") for href in re.findall(r'href="([^"]*(?:page|waiting|living|ended)=\d+)"', shown)]


def test_classified_columns_are_shown_by_the_page(client: Client, admin: Persona, org: Org) -> None:
    make_classified(org, *MORE_THAN_A_PAGE)
    first, second = page(client, admin, "/columns"), page(client, admin, "/columns?page=2")

    assert "Page 1 of 2" in first
    assert (f"Kind of {MORE_THAN_A_PAGE[0]} " in first, f"Kind of {MORE_THAN_A_PAGE[-1]} " in first) == (True, False)
    assert (f"Kind of {MORE_THAN_A_PAGE[0]} " in second, f"Kind of {MORE_THAN_A_PAGE[-1]} " in second) == (False, True)


def test_requests_that_wait_are_shown_by_the_page_newest_first(client: Client, admin: Persona, reader: Persona) -> None:
    make_classified(admin.org, *MORE_THAN_A_PAGE)
    asked = make_more_than_a_page(reader)
    first, second = page(client, admin), page(client, admin, "?waiting=2")

    assert (f"grant-{asked[-1].pk}" in first, f"grant-{asked[0].pk}" in first) == (True, False)
    assert (f"grant-{asked[-1].pk}" in second, f"grant-{asked[0].pk}" in second) == (False, True)


def test_living_grants_are_shown_by_the_page_and_the_other_lists_stay(client: Client, admin: Persona, reader: Persona) -> None:
    make_classified(admin.org, *MORE_THAN_A_PAGE)
    given = [services.approve(asked, by=acting(admin), now=timezone.now()) for asked in make_more_than_a_page(reader)]
    first, second = page(client, admin), page(client, admin, "?living=2&ended=3")

    assert (f"grant-{given[0].pk}" in first, f"grant-{given[-1].pk}" in first) == (True, False)
    assert (f"grant-{given[0].pk}" in second, f"grant-{given[-1].pk}" in second) == (False, True)
    assert links(second) == [f"/o/{admin.org.slug}/admin/pii?ended=3&living=1"]


def test_a_refused_form_leads_to_pages_that_are_there(client: Client, admin: Persona, org: Org) -> None:
    make_classified(org, *MORE_THAN_A_PAGE)
    sign_in(client, admin.person)
    refused = client.post(f"/o/{org.slug}/admin/pii/columns/classify", {"dataset": "No such"})

    (following,) = links(refused.text)
    assert refused.status_code == 422
    assert "Page 2 of 2" in client.get(following).text


@pytest.mark.parametrize("stage", ["waiting", "living"])
def test_the_api_pages_grants_of_a_stage_to_their_end(client: Client, org: Org, stage: str) -> None:
    make_classified(org, "a", "b", "c")
    asker, approver = make_persona("writer", org=org), make_persona("admin", org=org)
    asked = [make_request(asker, columns=(name,), now=timezone.now()) for name in "abc"]
    for one in asked if stage == "living" else []:
        services.approve(one, by=acting(approver), now=timezone.now())

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"stage": stage, "limit": "2"} | ({"cursor": cursor} if cursor else {})
        answer = client.get(f"/v1/orgs/{org.slug}/pii/grants", query, headers={"Authorization": approver.bearer}).json()
        seen += [row["id"] for row in answer["results"]]
        cursor = answer["next"]

    assert seen == [str(one.pk) for one in reversed(asked)]
