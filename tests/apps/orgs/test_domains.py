"""Domains of an org: verified by platform staff, seen by its admins, and one org's only."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.admission import VerifiedIdentity
from apps.audit.domain import Actor
from apps.audit.models import Record
from apps.orgs import services
from apps.orgs.models import Org, VerifiedDomain
from apps.orgs.services.admission import admit
from apps.platform.errors import Conflict, Invalid
from tests.factories import NOON, Persona, make_org, make_persona, sign_in

pytestmark = pytest.mark.django_db
STAFF = Actor.system("tests")


def verify(org: Org, domain: str = "trace.example", role: str = "reader") -> VerifiedDomain:
    return services.verify_domain(org, domain=domain, role=role, by=STAFF, now=NOON)


def told() -> list[tuple[str, object, object]]:
    return list(Record.objects.order_by("pk").values_list("action", "before", "after"))


def api(persona: Persona) -> Client:
    return Client(headers={"Authorization": persona.bearer})


def test_a_domain_is_kept_as_the_network_writes_it_and_told(org: Org) -> None:
    assert verify(org, " BÜCHER.example ").domain == "xn--bcher-kva.example"
    assert told() == [("domain.verify", None, {"role": "reader"})]


def test_again_for_the_same_org_changes_the_role_of_who_joins(org: Org) -> None:
    verify(org)
    verify(org, role="writer")

    assert VerifiedDomain.objects.get().role.slug == "writer"
    assert told()[1] == ("domain.verify", {"role": "reader"}, {"role": "writer"})


def test_a_domain_is_of_one_org_only(org: Org) -> None:
    verify(org)

    with pytest.raises(Conflict) as refused:
        verify(make_org("Elsewhere"), "TRACE.example")
    assert refused.value.code == "domain_taken"
    assert len(told()) == 1


@pytest.mark.parametrize(("domain", "role", "code"), [
    ("no domain", "reader", "bad_domain"), ("localhost", "reader", "bad_domain"), ("a.example", "finance", "unknown_role"),
])  # fmt: skip
def test_what_is_no_domain_or_no_role_is_refused(org: Org, domain: str, role: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        verify(org, domain, role)
    assert refused.value.code == code


def test_whoever_is_of_it_joins_until_it_is_forgotten(org: Org) -> None:
    verified = verify(org)
    ann = VerifiedIdentity(provider="demo", issuer="https://issuer.example", subject="1", email="ann@trace.example")
    ben = VerifiedIdentity(provider="demo", issuer="https://issuer.example", subject="2", email="ben@trace.example")
    joined = admit(ann, NOON)
    services.forget_domain(verified, by=STAFF)

    assert joined is not None and joined.memberships.get().org == org
    assert admit(ben, NOON) is None
    assert Record.objects.get(action="domain.forget").before == {"role": "reader"}


def test_the_api_adds_lists_and_removes(staff: Persona, admin: Persona, org: Org) -> None:
    address = f"/v1/orgs/{org.slug}/domains"
    made = api(staff).post(address, {"domain": "Trace.example", "role": "writer"}, content_type="application/json")

    assert (made.status_code, made.json()["domain"], made.json()["role"]) == (201, "trace.example", "writer")
    assert [row["domain"] for row in api(admin).get(address).json()["results"]] == ["trace.example"]
    assert api(staff).delete(f"{address}/trace.example").status_code == 204
    assert api(staff).delete(f"{address}/trace.example").json()["code"] == "unknown_domain"


def test_staff_reach_an_org_that_is_not_theirs_and_its_admins_no_other(staff: Persona, admin: Persona) -> None:
    other = make_org("Elsewhere")
    verify(other)
    address = f"/v1/orgs/{other.slug}/domains"

    assert len(api(staff).get(address).json()["results"]) == 1
    assert api(admin).get(address).status_code == 404


def test_admins_see_the_domains_on_their_page_and_who_adds_one(client: Client, admin: Persona, reader: Persona, org: Org) -> None:
    sign_in(client, admin.person)
    empty = client.get(f"/o/{org.slug}/admin").text
    verify(org)
    shown = client.get(f"/o/{org.slug}/admin").text
    sign_in(client, reader.person)

    assert "Platform staff add one" in empty
    assert "trace.example</th>" in shown and "Platform staff add and remove domains" in shown
    assert "Verified domains" not in client.get(f"/o/{org.slug}/admin").text


def test_a_role_of_staff_alone_opens_no_other_right_in_another_org(staff: Persona) -> None:
    other = make_persona("admin", org=make_org("Elsewhere"))

    assert api(staff).get(f"/v1/orgs/{other.org.slug}/members").status_code == 404


@pytest.mark.parametrize("domain", ["gmail.com", "Outlook.com", "web.de"])
def test_a_domain_where_anybody_gets_an_address_is_no_orgs(org: Org, domain: str) -> None:
    with pytest.raises(Invalid) as refused:
        verify(org, domain)

    assert refused.value.code == "public_domain"


def test_the_same_role_again_is_not_told_again(org: Org) -> None:
    for _ in range(2):
        verify(org)

    assert len(told()) == 1
