"""Every change to a person."""

from __future__ import annotations

from datetime import datetime

from apps.accounts.domain import normalise_email
from apps.accounts.models import Person


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
