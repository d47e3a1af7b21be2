from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from apps.accounts.models import BrowserSession, Identity, Person
from apps.platform.errors import NotFound
from apps.platform.oidc.providers import Provider


def providers() -> tuple[Provider, ...]:
    """Where people sign in, as it is configured."""
    found: tuple[Provider, ...] = settings.SSO_PROVIDERS
    return found


def find_identity(issuer: str, subject: str) -> Identity | None:
    return Identity.objects.select_related("person").filter(issuer=issuer, subject=subject).first()


def identities_of(person: Person) -> QuerySet[Identity]:
    return person.identities.order_by("created_at")


def get_identity(identity_id: UUID) -> Identity:
    identity = Identity.objects.select_related("person").filter(pk=identity_id).first()
    if identity is None:
        raise NotFound("There is no such link, or it has been undone.", code="unknown_identity")
    return identity


def get_own_identity(person: Person, identity_id: UUID) -> Identity:
    identity = get_identity(identity_id)
    # Somebody else's answers exactly like one that does not exist.
    if identity.person_id != person.pk:
        raise NotFound("There is no such link, or it has been undone.", code="unknown_identity")
    return identity


def all_people(*, search: str = "") -> QuerySet[Person]:
    """For platform staff: by name."""
    people = Person.objects.order_by("name", "email")
    return people.filter(Q(email__icontains=search) | Q(name__icontains=search)) if search else people


def find_session(session_id: UUID) -> BrowserSession | None:
    return BrowserSession.objects.filter(pk=session_id).first()


def sessions_of(person: Person, *, now: datetime) -> QuerySet[BrowserSession]:
    """Those that have not ended by themselves, the last used first."""
    lifetime = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return person.sessions.filter(last_seen_at__gt=now - lifetime).order_by("-last_seen_at")


def get_session(person: Person, session_id: UUID) -> BrowserSession:
    session = find_session(session_id)
    # Somebody else's answers exactly like one that does not exist.
    if session is None or session.person_id != person.pk:
        raise NotFound("There is no such session, or it has ended.", code="unknown_session")
    return session


def get_person(person_id: UUID) -> Person:
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise NotFound("There is no such person.", code="unknown_person")
    return person


def has_password(person: Person) -> bool:
    return settings.CONFIG.local_login and person.has_usable_password()


def has_proved_email(person: Person) -> bool:
    """Whether what is meant for the owner of this address may be given to this person.

    An identity keeps an e-mail only if its provider verified it and may vouch for it (sso.claims), so one that is the
    person's own address is the proof. Any other verified address is not: it is somebody's, but invitations go to `person.email`.

    A password proves nothing about an address by itself: nobody ever wrote to it. It counts on a laptop alone, and only there
    is it switched on (Config refuses it elsewhere): whoever runs the stack makes its people and owns all of its data anyway.
    """
    return has_password(person) or person.identities.filter(email=person.email).exists()
