"""Whom the orgs let in at a first single sign-on: by the e-mail that the provider verified, and by nothing else.

A member or platform staff under that address already, somebody invited under it, or anybody with an address of a domain that an org owns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef

from apps.accounts.admission import VerifiedIdentity
from apps.accounts.domain import domain_of
from apps.accounts.models import Person
from apps.accounts.services import admit_person
from apps.orgs.models import Departure, Invitation, Membership, VerifiedDomain
from apps.orgs.services.invitations import accept_invitation, as_invited
from apps.orgs.services.memberships import add_member
from apps.platform.errors import Conflict

Joining = Callable[[Person], Membership]


def admit(identity: VerifiedIdentity, now: datetime) -> Person | None:
    """Every open invitation to the address is accepted: the sign-in is the proof that they wait for."""
    known = Person.objects.filter(email=identity.email).first()
    if known and not known.is_active:
        return known  # The sign-in refuses them by name; nothing is joined on the way.
    ways = list(_ways_in(identity.email, now))
    # Staff may be of no org: the first person of an installation is.
    is_expected = known is not None and (known.is_platform_staff or known.memberships.exists())
    if not (ways or is_expected):
        return None
    person = known or admit_person(email=identity.email, name=identity.name, now=now)
    refusals = [refusal for way in ways if (refusal := _refusal_of(way, person))]
    if refusals and not person.memberships.exists():
        raise refusals[0]
    return person


def _ways_in(email: str, now: datetime) -> Iterator[Joining]:
    for invitation in Invitation.objects.open(now=now).filter(email=email).order_by("created_at"):
        yield partial(_accept, invitation, now=now)
    removed = Departure.objects.filter(org=OuterRef("org"), person__email=email)
    rules = VerifiedDomain.objects.filter(~Exists(removed), domain=domain_of(email))
    for domain in rules.select_related("org", "role"):
        yield partial(_join, domain, now=now)


def _accept(invitation: Invitation, person: Person, *, now: datetime) -> Membership:
    return accept_invitation(invitation, person=person, by=as_invited(person), now=now)


def _join(domain: VerifiedDomain, person: Person, *, now: datetime) -> Membership:
    return add_member(domain.org, person, role=domain.role, by=as_invited(person), now=now)


def _refusal_of(way: Joining, person: Person) -> Conflict | None:
    """A full org must not keep somebody out of the others that wait for them."""
    try:
        with transaction.atomic():
            way(person)
    except Conflict as refusal:
        return refusal
    return None
