"""Who there is, and as whom the providers know them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from apps.accounts import admission
from apps.accounts.admission import AlreadyLinked, VerifiedIdentity
from apps.accounts.domain import normalise_email
from apps.accounts.models import Identity, Person
from apps.accounts.selectors import find_identity
from apps.accounts.services.sessions import end_sessions_at
from apps.audit import services as audit
from apps.audit.domain import Actor, ActorKind, Subject


def ensure_person(*, email: str, name: str, password: str, is_platform_staff: bool, now: datetime) -> Person:
    """Create the person, or bring name, password and staff right to what is given. For the laptop's demo people."""
    email = normalise_email(email)
    person, _ = Person.objects.get_or_create(email=email, defaults={"name": name, "created_at": now})
    person.name = name
    person.is_platform_staff = is_platform_staff
    if not person.check_password(password):
        person.set_password(password)
    person.save(update_fields=["name", "is_platform_staff", "password"])
    return person


@transaction.atomic
def admit_person(*, email: str, name: str, now: datetime) -> Person:
    """Somebody new, let in by an org: without a password, so that only a provider signs them in."""
    person, is_new = Person.objects.get_or_create(
        email=email, defaults={"name": name or email, "created_at": now, "password": make_password(None)}
    )
    if is_new:
        by = Actor(ActorKind.PERSON, email, person_id=person.pk)
        audit.record("person.create", _subject(person), by=by, after={"email": email, "name": person.name})
    return person


@transaction.atomic
def sign_in_identity(verified: VerifiedIdentity, *, by: Actor, now: datetime) -> Identity | None:
    """The identity, noted as seen; one that is new is linked to whom the orgs admit. None: nobody knows this person.

    `by` is whoever is at the browser: it becomes the person as soon as that is known.
    """
    known = find_identity(verified.issuer, verified.subject)
    if known:
        return _note_seen(known, email=verified.email, by=by, now=now)
    person = admission.admit(verified, now=now)
    if person is None:
        return None
    return link_identity(person, verified, by=replace(by, name=person.email, person_id=person.pk), now=now)


@transaction.atomic
def link_identity(person: Person, verified: VerifiedIdentity, *, by: Actor, now: datetime) -> Identity:
    """Of two first sign-ins at once the first links; the second finds its link, which names the person that counts.

    One subject of an issuer for each person: an address is given to the next employee, and with it they would be the last one.
    """
    Person.objects.select_for_update().get(pk=person.pk)
    if person.identities.filter(issuer=verified.issuer).exclude(subject=verified.subject).exists():
        raise AlreadyLinked
    identity, is_new = Identity.objects.select_related("person").get_or_create(
        issuer=verified.issuer,
        subject=verified.subject,
        defaults={
            "person": person,
            "provider": verified.provider,
            "email": verified.email,
            "created_at": now,
            "last_seen_at": now,
        },
    )
    if is_new:
        audit.record("identity.link", _subject(person), by=by, after=_told(identity))
    return identity


@transaction.atomic
def unlink_identity(identity: Identity, *, by: Actor) -> None:
    """Undoes a link, right or wrong: whoever came in by it is out. Twice is no error.

    The next sign-in at the provider links again whom it then proves by the person's address.
    """
    found = Identity.objects.select_for_update(of=("self",)).select_related("person").filter(pk=identity.pk).first()
    if found:
        audit.record("identity.unlink", _subject(found.person), by=by, before=_told(found))
        found.delete()
        end_sessions_at(found.provider, found.person, by=by)


def _note_seen(identity: Identity, *, email: str, by: Actor, now: datetime) -> Identity:
    """An address that the provider no longer vouches for is no longer proved (selectors.has_proved_email)."""
    if identity.email != email:
        person = identity.person
        by = replace(by, name=person.email, person_id=person.pk)
        audit.record("identity.change", _subject(person), by=by, before={"email": identity.email}, after={"email": email})
    identity.last_seen_at, identity.email = now, email
    identity.save(update_fields=["last_seen_at", "email"])
    return identity


def _subject(person: Person) -> Subject:
    return Subject("person", str(person.pk), person.email)


def _told(identity: Identity) -> dict[str, object]:
    return {"issuer": identity.issuer, "subject": identity.subject, "email": identity.email}
