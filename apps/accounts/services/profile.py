"""What somebody changes about themself, and how an account is switched off and on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import throttle
from apps.accounts.domain import Theme, checked_name
from apps.accounts.models import Person
from apps.accounts.services.sessions import end_other_sessions
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.platform.errors import Conflict, Invalid


@transaction.atomic
def change_person(
    person: Person, *, by: Actor, name: str | None = None, theme: str | None = None, letter_keys: bool | None = None
) -> Person:
    """What is given; the log tells of what is another than before."""
    given = {"name": None if name is None else checked_name(name), "theme": _theme(theme), "letter_keys": letter_keys}
    person = Person.objects.select_for_update().get(pk=person.pk)
    after = {field: value for field, value in given.items() if value is not None and value != getattr(person, field)}
    if after:
        before = {field: getattr(person, field) for field in after}
        for field, value in after.items():
            setattr(person, field, value)
        person.save(update_fields=list(after))
        audit.record("person.change", _subject(person), by=by, before=before, after=after)
    return person


def is_own_password(person: Person, password: str, *, by: Actor, now: datetime) -> bool:
    """Guessed here it would be as good as guessed at the sign-in, so it counts as one."""
    attempt = throttle.reserve(email=person.email, address=by.address, now=now)
    if person.check_password(password):
        throttle.forget(email=person.email, address=by.address)
        return True
    throttle.note_failure(attempt, by=by)
    return False


@transaction.atomic
def change_password(person: Person, *, password: str, keep: UUID | None, by: Actor) -> None:
    """Whoever was signed in elsewhere, perhaps with the old one, is no longer. The caller has checked the old one and the new one."""
    person.set_password(password)
    person.save(update_fields=["password"])
    audit.record("person.password", _subject(person), by=by)
    end_other_sessions(person, keep=keep, by=by)


@transaction.atomic
def deactivate_person(person: Person, *, by: Actor) -> None:
    """Their sessions end for good: they do not come back with the account. Tokens are refused for as long as it is off."""
    if person.pk == by.person_id:
        raise Conflict("Nobody switches off their own account: ask somebody else of the platform staff.", code="own_account")
    if Person.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        audit.record("person.deactivate", _subject(person), by=by)
        end_other_sessions(person, keep=None, by=by)
        person.is_active = False


@transaction.atomic
def activate_person(person: Person, *, by: Actor) -> None:
    """They sign in again; their tokens, those that have not ended meanwhile, count again."""
    if Person.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        audit.record("person.activate", _subject(person), by=by)
        person.is_active = True


def _theme(theme: str | None) -> str | None:
    if theme is not None and theme not in set(Theme):
        raise Invalid("A theme is light, dark or system.", code="unknown_theme")
    return theme


def _subject(person: Person) -> Subject:
    return Subject("person", str(person.pk), person.email)
