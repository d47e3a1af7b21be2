"""Who runs Trace itself. Only from the command line: whoever can run it has the databases anyway."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.domain import normalise_email
from apps.accounts.models import Person
from apps.accounts.services.people import admit_person
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.platform.errors import NotFound


@transaction.atomic
def appoint_staff(email: str, *, by: Actor, now: datetime) -> Person:
    """Somebody new can sign in at a provider from now on: the first of an installation, who makes its orgs."""
    email = normalise_email(email)
    person = Person.objects.filter(email=email).first() or admit_person(email=email, name="", now=now)
    return _set_staff(person, is_staff=True, by=by)


@transaction.atomic
def dismiss_staff(email: str, *, by: Actor) -> Person:
    person = Person.objects.filter(email=normalise_email(email)).first()
    if person is None:
        raise NotFound("There is no such person.", code="unknown_person")
    return _set_staff(person, is_staff=False, by=by)


def _set_staff(person: Person, *, is_staff: bool, by: Actor) -> Person:
    changed = Person.objects.filter(pk=person.pk).exclude(is_platform_staff=is_staff).update(is_platform_staff=is_staff)
    if changed:
        action = "staff.appoint" if is_staff else "staff.dismiss"
        audit.record(action, Subject("person", str(person.pk), person.email), by=by)
    person.refresh_from_db()
    return person
