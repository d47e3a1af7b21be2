"""The pages of platform staff: what they show with nothing, little and much, and what a change answers."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.accounts import services as accounts
from apps.accounts.models import Identity, Person
from apps.audit.domain import Actor
from apps.audit.models import Record
from apps.orgs import quotas, services
from apps.orgs.models import Org, VerifiedDomain
from apps.orgs.quotas import Quota
from tests.factories import NOON, Persona, make_membership, make_org, make_person, sign_in

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")


@pytest.fixture
def at_work(client: Client, staff: Persona) -> Client:
    sign_in(client, staff.person)
    return client


def text(client: Client, path: str) -> str:
    response = client.get(f"/platform/{path}")
    assert response.status_code == 200
    return response.text


def send(client: Client, path: str, **data: object):  # type: ignore[no-untyped-def]
    return client.post(f"/platform/{path}", data, follow=True)


def test_only_staff_find_the_pages_in_the_rail_and_the_palette(client: Client, staff: Persona, admin: Persona) -> None:
    sign_in(client, admin.person)
    assert "/platform/orgs" not in client.get(f"/o/{admin.org.slug}/").text

    sign_in(client, staff.person)
    shown = client.get(f"/o/{staff.org.slug}/").text
    assert "Platform, for staff" in shown
    for key in ("orgs", "people", "audit", "tables"):
        assert f'id="go-platform-{key}"' in shown


def test_orgs_are_listed_searched_and_paged(at_work: Client, org: Org) -> None:
    for n in range(60):
        make_org(f"Lab {n}")
    listed = text(at_work, "orgs")
    found = text(at_work, f"orgs?q={org.slug}")

    assert "Page 1 of 2" in listed
    assert f">{org.name}</a>" in found and "Lab" not in found
    assert "Nothing matches</h3>" in text(at_work, "orgs?q=no-such-org")
    assert "Page 2 of 2" in text(at_work, "orgs?q=lab&page=2")


def test_a_long_list_costs_no_more_queries(
    at_work: Client, org: Org, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        make_membership(make_org("Lab"), make_person())
    for page in ("orgs", "people", "audit"):
        with django_assert_max_num_queries(10):
            text(at_work, page)


def test_an_org_is_made_and_its_page_opens(at_work: Client) -> None:
    made = send(at_work, "create-org", slug="new-org", name="New org", admin_email="ann@trace.example")

    assert "There is an org new-org now" in made.text
    assert "Nobody can act as admin." in made.text and "ann@trace.example is invited" in made.text


@pytest.mark.parametrize(("sent", "field"), [
    ({"slug": "Bad Slug", "name": "A", "admin_email": "a@trace.example"}, "slug"),
    ({"slug": "fine", "name": "\x07", "admin_email": "a@trace.example"}, "name"),
    ({"slug": "fine", "name": "A", "admin_email": "nobody"}, "admin_email"),
])  # fmt: skip
def test_what_is_wrong_with_a_new_org_stands_beside_its_field(at_work: Client, sent: dict[str, str], field: str) -> None:
    response = send(at_work, "create-org", **sent)

    assert response.status_code == 422
    assert re.search(rf'id="id_{field}_error"><p class="field-error">', response.text)
    assert not Org.objects.filter(slug=sent["slug"]).exists()


def test_an_org_is_renamed_its_quotas_and_domains_changed(at_work: Client, org: Org) -> None:
    assert "Renamed." in send(at_work, f"orgs/{org.slug}/rename", name="Another name").text
    assert "is changed" in send(at_work, f"orgs/{org.slug}/quotas/members", limit="7").text
    assert "trace.example joins" in send(at_work, f"orgs/{org.slug}/domains/verify", domain="Trace.example", role="reader").text
    assert quotas.limit_of(org, Quota.MEMBERS) == 7

    assert "any more" in send(at_work, f"orgs/{org.slug}/domains/trace.example/forget").text
    assert not VerifiedDomain.objects.exists()
    told = set(Record.objects.exclude(action="session.begin").values_list("action", "actor_kind"))
    assert told == {(f"{one}", "person") for one in ("org.rename", "quota.change", "domain.verify", "domain.forget")}


@pytest.mark.parametrize(("path", "sent", "answer"), [
    ("rename", {"name": ""}, "This field is required"),
    ("quotas/members", {"limit": "-1"}, "greater than or equal to 0"),
    ("quotas/members", {"limit": "many"}, "Enter a whole number"),
    ("quotas/nothing", {"limit": "1"}, "There is no quota"),
    ("domains/verify", {"domain": "nothing", "role": "reader"}, "Write a domain like example.com"),
    ("appoint", {"email": "nobody"}, "Write an e-mail address"),
    ("appoint", {"email": "reader@trace.example"}, "has an admin"),
])  # fmt: skip
def test_a_change_that_is_refused_says_why(at_work: Client, org: Org, path: str, sent: dict[str, str], answer: str) -> None:
    assert answer in send(at_work, f"orgs/{org.slug}/{path}", **sent).text
    assert not Record.objects.exclude(action="session.begin").exists()


def test_an_org_whose_admins_are_gone_is_given_one(at_work: Client) -> None:
    org, person = make_org("Orphaned"), make_person()
    assert "Nobody is invited as admin either" in text(at_work, f"orgs/{org.slug}")

    assert "is admin of Orphaned" in send(at_work, f"orgs/{org.slug}/appoint", email=person.email).text
    assert "Make admin" not in text(at_work, f"orgs/{org.slug}")


def test_people_are_found_by_name_and_address(at_work: Client, reader: Persona) -> None:
    make_person("Zoe")

    assert "Zoe" in text(at_work, "people?q=zo") and "Zoe" not in text(at_work, "people?q=reader")
    assert reader.person.email in text(at_work, f"people?q={reader.person.email[:8].upper()}")
    assert "Nobody has “nobody-at-all”" in text(at_work, "people?q=nobody-at-all")
    assert reader.person.email in text(at_work, f"people?q=%00{reader.person.email}")


def test_a_person_is_shown_with_orgs_and_identities(at_work: Client, analyst: Persona) -> None:
    Identity.objects.create(person=analyst.person, provider="demo", issuer="https://i.example", subject="subject-1")
    shown = text(at_work, f"people/{analyst.person.pk}")

    assert analyst.org.name in shown and "finance" in shown and "subject-1" in shown
    assert "They have not come by single sign-on yet" in text(at_work, f"people/{make_person().pk}")


def test_a_wrong_link_to_a_provider_is_undone(at_work: Client, analyst: Persona) -> None:
    identity = Identity.objects.create(person=analyst.person, provider="demo", issuer="https://i.example", subject="s")

    answer = send(at_work, f"identities/{identity.pk}/unlink")

    assert f"The account at demo is unlinked from {analyst.person.email}" in answer.text
    assert not Identity.objects.exists()


def test_an_account_is_switched_off_and_on(at_work: Client, reader: Persona) -> None:
    off = send(at_work, f"people/{reader.person.pk}/switch-off")
    assert "are refused from now on" in off.text and "Switched off" in off.text
    assert not Person.objects.get(pk=reader.person.pk).is_active

    assert "can sign in again" in send(at_work, f"people/{reader.person.pk}/switch-on").text


def test_ones_own_account_has_no_switch(at_work: Client, staff: Persona) -> None:
    assert 'data-dialog="switch-off"' not in text(at_work, f"people/{staff.person.pk}")
    assert "Nobody switches off their own account" in send(at_work, f"people/{staff.person.pk}/switch-off").text


def test_the_log_of_everything_is_filtered_by_org(at_work: Client, org: Org, staff: Persona) -> None:
    other, gone = make_org("Elsewhere"), make_person()
    services.rename_org(other, name="Renamed there", by=SYSTEM)
    services.rename_org(org, name="Renamed here", by=SYSTEM)
    accounts.deactivate_person(gone, by=SYSTEM)

    assert "Renamed there" in text(at_work, "audit") and gone.email in text(at_work, "audit")
    assert "Renamed there" not in text(at_work, f"audit?org={org.slug}")
    assert gone.email in text(at_work, f"audit?object_kind=person&object_id={gone.pk}")
    assert "There is no org `nothing`" in at_work.get("/platform/audit?org=nothing").text
    assert "the filter asks for" in text(at_work, "audit?action=no.such%00")


def test_the_api_gives_the_log_out_whole_and_line_by_line(staff: Persona, org: Org) -> None:
    client = Client(headers={"Authorization": staff.bearer})
    services.rename_org(org, name="Renamed", by=SYSTEM)
    accounts.deactivate_person(make_person(), by=SYSTEM)
    exported = client.get("/v1/platform/audit/export")
    lines = [json.loads(line) for line in b"".join(exported).decode().splitlines()]

    assert [(line["org"], line["action"]) for line in lines] == [(None, "person.deactivate"), (org.slug, "org.rename")]
    assert client.get(f"/v1/platform/audit?org={org.slug}").json()["results"] == lines[1:]
    assert client.get("/v1/platform/audit?org=nothing").json()["code"] == "bad_filter"


def test_a_token_that_only_reads_does_not_read_everybodys_log(staff: Persona) -> None:
    membership = staff.person.memberships.get()
    _, read = services.create_token(membership, name="r", scope="read", days=1, by=SYSTEM, now=NOON.replace(year=2126))

    assert Client(headers={"Authorization": f"Bearer {read}"}).get("/v1/platform/audit").status_code == 403
