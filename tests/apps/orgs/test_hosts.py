"""Hosts outside of Trace: approved by admins of the org, one by one, for one purpose, and written in one way."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.audit.domain import Actor, ActorKind
from apps.audit.models import Record
from apps.orgs import selectors, services
from apps.orgs.domain import HostPurpose
from apps.orgs.models import ApprovedHost, Org
from apps.platform.errors import Invalid
from apps.platform.hosts import as_host, host_of
from tests.factories import NOON, Persona, make_org, sign_in

pytestmark = pytest.mark.django_db
BY = Actor.system("tests")


def approve(org: Org, host: str = "feeds.example.com", purpose: str = "feed") -> ApprovedHost:
    return services.approve_host(org, host=host, purpose=purpose, by=BY, now=NOON)


def api(persona: Persona) -> Client:
    return Client(headers={"Authorization": persona.bearer})


@pytest.mark.parametrize(
    ("said", "host"),
    [
        ("Feeds.Example.com", "feeds.example.com"), (" feeds.example.com:443 ", "feeds.example.com"), ("feeds.example.com:8443", "feeds.example.com:8443"),
        ("bücher.example", "xn--bcher-kva.example"), ("1.2.3.4", ""), ("127.1", ""), ("[::1]", ""), ("::1", ""), ("localhost", ""), ("0x7f.1", ""),
        ("feeds.example.com:0", ""), ("feeds.example.com:65536", ""), ("feeds.example.com:", ""), ("feeds.example.com/x", ""), ("a@b.example", ""),
        ("https://feeds.example.com", ""), ("", ""), ("*.example.com", ""), ("feeds.example.com.", ""), ("feeds.example.com:443:443", ""),
        ("f\u1d49eds.example.com", ""),
    ],
)  # fmt: skip
def test_a_host_is_written_in_one_way_or_is_none(said: str, host: str) -> None:
    assert as_host(said) == host


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Feeds.example.com/a?b=c#d", "feeds.example.com"), ("https://feeds.example.com:8443/", "feeds.example.com:8443"),
        ("https://evil.example\\@feeds.example.com/", ""), ("https://feeds.example.com@evil.example/", ""), ("http://feeds.example.com/", ""),
        ("https://feeds.example.com:x/", ""), ("https://10.0.0.1/", ""), ("https://[::1]/", ""), ("https://[::1/", ""), ("//feeds.example.com", ""),
    ],
)  # fmt: skip
def test_the_host_of_an_address_is_whom_it_calls(url: str, host: str) -> None:
    assert host_of(url) == host


def test_a_host_is_approved_once_by_somebody_and_told(org: Org, admin: Persona) -> None:
    by = Actor(ActorKind.PERSON, admin.person.email, person_id=admin.person.pk)

    first = services.approve_host(org, host="Feeds.example.com", purpose="feed", by=by, now=NOON)
    again = approve(org)

    assert (first, first.approved_by, first.host) == (again, admin.person, "feeds.example.com")
    assert list(Record.objects.values_list("action", "after")) == [("host.approve", {"purpose": "feed"})]


def test_it_is_approved_for_one_org_one_purpose_and_one_port(org: Org) -> None:
    approve(org)

    assert selectors.is_host_approved(org.pk, "feeds.example.com", HostPurpose.FEED)
    assert not selectors.is_host_approved(org.pk, "feeds.example.com", HostPurpose.WEBHOOK)
    assert not selectors.is_host_approved(org.pk, "feeds.example.com:8443", HostPurpose.FEED)
    assert not selectors.is_host_approved(org.pk, "example.com", HostPurpose.FEED)
    assert not selectors.is_host_approved(make_org("Elsewhere").pk, "feeds.example.com", HostPurpose.FEED)


def test_what_is_withdrawn_is_not_approved_any_more(org: Org) -> None:
    services.withdraw_host(approve(org), by=BY)

    assert not selectors.is_host_approved(org.pk, "feeds.example.com", HostPurpose.FEED)
    assert list(Record.objects.order_by("pk").values_list("action", "before")) == [
        ("host.approve", None),
        ("host.withdraw", {"purpose": "feed"}),
    ]


@pytest.mark.parametrize(
    ("host", "purpose", "code"), [("10.0.0.1", "feed", "bad_host"), ("a.example", "anything", "bad_purpose")]
)
def test_what_cannot_be_approved_is_refused(org: Org, host: str, purpose: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        approve(org, host, purpose)
    assert refused.value.code == code


def test_the_api_approves_lists_and_withdraws(org: Org, admin: Persona) -> None:
    client, at = api(admin), f"/v1/orgs/{org.slug}/hosts"

    put = client.put(f"{at}/feeds.example.com:8443", {"purpose": "webhook"}, content_type="application/json")

    assert (put.status_code, put.json()["host"], put.json()["approved_by"]) == (200, "feeds.example.com:8443", admin.person.email)
    assert [one["purpose"] for one in client.get(at).json()["results"]] == ["webhook"]
    assert client.delete(f"{at}/feeds.example.com:8443").json()["code"] == "unknown_host"
    assert client.delete(f"{at}/feeds.example.com:8443?purpose=webhook").status_code == 204
    assert client.get(at).json()["results"] == []
    assert client.put(f"{at}/127.0.0.1", {}, content_type="application/json").json()["code"] == "bad_host"


def test_admins_change_hosts_on_their_page_and_writers_see_them(org: Org, admin: Persona, writer: Persona) -> None:
    mine, theirs, page = Client(), Client(), f"/o/{org.slug}/admin/hosts"
    sign_in(mine, admin.person)
    sign_in(theirs, writer.person)

    assert mine.post(f"{page}/approve", {"host": "feeds.example.com", "purpose": "feed"}).status_code == 302
    (approved,) = selectors.hosts_of(org)
    assert b"no address, no path and no number" in mine.post(f"{page}/approve", {"host": "10.0.0.1", "purpose": "feed"}).content
    seen = theirs.get(page).content
    assert b"feeds.example.com" in seen and b"Approve host" not in seen
    assert mine.post(f"{page}/{approved.pk}/withdraw").status_code == 302
    assert not selectors.hosts_of(org).exists()
