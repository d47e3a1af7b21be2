"""The first admin of an org, and another one when all are gone."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts import services as accounts
from apps.audit.domain import Actor
from apps.audit.models import Record
from apps.orgs import services
from apps.orgs.models import Invitation, Membership, Org
from apps.platform.errors import Conflict
from tests.factories import NOON, Persona, make_org, make_person

pytestmark = pytest.mark.django_db
STAFF = Actor.system("tests")


def create(email: str) -> Org:
    return services.create_org(slug="new-org", name="New org", admin_email=email, by=STAFF, now=NOON)


def appoint(org: Org, email: str) -> Membership | Invitation:
    return services.appoint_admin(org, email=email, by=STAFF, now=NOON)


def told() -> list[str]:
    return list(Record.objects.order_by("pk").values_list("action", flat=True))


def test_who_is_known_is_admin_at_once() -> None:
    person = make_person()
    org = create(person.email.upper())

    assert org.memberships.active_admins().get().person == person
    assert told() == ["org.create", "member.add"]


def test_who_is_not_is_invited_as_admin() -> None:
    org = create("New@Trace.example")

    assert (Invitation.objects.get().email, Invitation.objects.get().role.slug) == ("new@trace.example", "admin")
    assert not org.memberships.exists()
    assert told() == ["org.create", "invitation.create"]


def test_who_is_switched_off_is_refused_and_no_org_is_made() -> None:
    person = make_person()
    accounts.deactivate_person(person, by=STAFF)

    with pytest.raises(Conflict) as refused:
        create(person.email)
    assert refused.value.code == "person_switched_off"
    assert not Org.objects.exists()


def test_an_org_that_has_an_admin_gets_no_other_from_staff(org: Org, admin: Persona, reader: Persona) -> None:
    with pytest.raises(Conflict) as refused:
        appoint(org, reader.person.email)

    assert refused.value.code == "has_admin"


def test_when_the_only_admin_is_switched_off_a_member_becomes_admin(org: Org, admin: Persona, reader: Persona) -> None:
    accounts.deactivate_person(admin.person, by=STAFF)
    appoint(org, reader.person.email)

    assert org.memberships.active_admins().get().person == reader.person
    assert "member.change" in told()


def test_the_api_makes_the_caller_admin_or_whoever_is_named(staff: Persona) -> None:
    client = Client(headers={"Authorization": staff.bearer})
    client.post("/v1/orgs", {"slug": "mine", "name": "Mine"}, content_type="application/json")
    client.post("/v1/orgs", {"slug": "theirs", "name": "T", "admin_email": "n@trace.example"}, content_type="application/json")

    assert Membership.objects.get(org__slug="mine").person == staff.person
    assert Invitation.objects.get().org.slug == "theirs"


def test_an_org_without_anybody_is_given_an_invitation() -> None:
    assert isinstance(appoint(make_org(), "new@trace.example"), Invitation)
