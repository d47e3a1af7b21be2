"""Whom the orgs let in at a first single sign-on, and into what."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.accounts.admission import VerifiedIdentity
from apps.accounts.models import Person
from apps.audit.domain import Actor, ActorKind
from apps.audit.models import Record
from apps.orgs import services
from apps.orgs.models import Membership, Org, OrgQuota, VerifiedDomain
from apps.orgs.services import system_role
from apps.orgs.services.admission import admit
from apps.platform.errors import Conflict
from tests.factories import NOON, Persona, make_org, make_person, make_persona

pytestmark = pytest.mark.django_db
STAFF = Actor.system("tests")


def proved(email: str, name: str = "Ann") -> VerifiedIdentity:
    return VerifiedIdentity(provider="demo", issuer="https://issuer.example", subject="1", email=email, name=name)


def invite(org: Org, email: str, role: str = "writer") -> None:
    services.invite(org, email=email, role=role, by=STAFF, now=NOON)


def owns(org: Org, domain: str, role: str = "reader") -> None:
    VerifiedDomain.objects.create(org=org, domain=domain, role=system_role(org, role), created_at=NOON)


def roles_of(person: Person | None) -> dict[str, str]:
    assert person is not None
    return dict(Membership.objects.filter(person=person).values_list("org__slug", "role__slug"))


def test_somebody_invited_becomes_a_person_without_a_password(org: Org) -> None:
    invite(org, "ann@elsewhere.example")

    person = admit(proved("ann@elsewhere.example"), NOON)

    assert roles_of(person) == {org.slug: "writer"}
    assert person is not None and person.name == "Ann" and not person.has_usable_password()
    told = set(Record.objects.values_list("action", flat=True))
    assert told >= {"person.create", "invitation.accept", "member.add"}


def test_every_open_invitation_counts_and_the_domain_too(org: Org) -> None:
    other, third = make_org(), make_org()
    invite(org, "ann@elsewhere.example")
    invite(other, "ann@elsewhere.example", role="admin")
    owns(third, "elsewhere.example")

    assert roles_of(admit(proved("ann@elsewhere.example"), NOON)) == {
        org.slug: "writer",
        other.slug: "admin",
        third.slug: "reader",
    }


def test_an_invitation_decides_before_the_domain(org: Org) -> None:
    owns(org, "elsewhere.example")
    invite(org, "ann@elsewhere.example", role="admin")

    assert roles_of(admit(proved("ann@elsewhere.example"), NOON)) == {org.slug: "admin"}


@pytest.mark.parametrize("email", ["ann@sub.elsewhere.example", "ann@elsewhere.example.evil", "elsewhere.example@evil.example"])
def test_only_the_very_domain_counts(org: Org, email: str) -> None:
    owns(org, "elsewhere.example")

    assert admit(proved(email), NOON) is None
    assert not Person.objects.filter(email=email).exists()


def test_an_expired_or_withdrawn_invitation_lets_nobody_in(org: Org) -> None:
    invite(org, "late@elsewhere.example")
    assert admit(proved("late@elsewhere.example"), NOON + timedelta(days=15)) is None

    services.revoke_invitation(org.invitations.get(), by=STAFF, now=NOON)
    assert admit(proved("late@elsewhere.example"), NOON) is None


def test_a_member_is_who_they_are_and_joins_what_waits(reader: Persona) -> None:
    other = make_org()
    invite(other, reader.person.email)

    person = admit(proved(reader.person.email, name="Another name"), NOON)

    assert person == reader.person
    assert roles_of(person) == {reader.org.slug: "reader", other.slug: "writer"}
    assert person.name == "Reader"


def test_who_was_removed_does_not_come_back_by_the_domain_but_by_an_invitation(admin: Persona, reader: Persona) -> None:
    owns(admin.org, "trace.example", role="admin")
    services.remove_member(Membership.objects.get(person=reader.person), by=STAFF, now=NOON)
    assert admit(proved(reader.person.email), NOON) is None

    invite(admin.org, reader.person.email, role="reader")
    assert roles_of(admit(proved(reader.person.email), NOON)) == {admin.org.slug: "reader"}


def test_an_invitation_ends_with_the_right_of_who_wrote_it(admin: Persona, org: Org) -> None:
    other = make_persona("admin", org=org)
    by = Actor(ActorKind.PERSON, other.person.email, person_id=other.person.pk)
    written = services.invite(org, email="friend@elsewhere.example", role="admin", by=by, now=NOON)
    services.change_member(Membership.objects.get(person=other.person), role="reader", own_roles=[], by=STAFF)

    assert admit(proved("friend@elsewhere.example"), NOON) is None
    friend = make_person()
    friend.email = "friend@elsewhere.example"
    friend.save()
    with pytest.raises(Conflict, match="no longer an admin"):
        services.accept_invitation(written, person=friend, by=STAFF, now=NOON)


def test_whose_account_is_off_joins_nothing(org: Org) -> None:
    person = make_person()
    person.is_active = False
    person.save()
    invite(org, person.email)

    assert admit(proved(person.email), NOON) == person
    assert roles_of(person) == {}


def test_a_full_org_does_not_keep_somebody_out_of_another(org: Org) -> None:
    full = make_org()
    invite(full, "ann@elsewhere.example")
    OrgQuota.objects.create(org=full, key="members", limit=0)
    invite(org, "ann@elsewhere.example")

    assert roles_of(admit(proved("ann@elsewhere.example"), NOON)) == {org.slug: "writer"}


def test_a_full_org_alone_says_so(org: Org) -> None:
    invite(org, "ann@elsewhere.example")
    OrgQuota.objects.create(org=org, key="members", limit=0)

    with pytest.raises(Conflict, match="quota"):
        admit(proved("ann@elsewhere.example"), NOON)
