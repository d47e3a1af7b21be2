from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import Identity, Person
from apps.platform.errors import NotFound


def find_identity(issuer: str, subject: str) -> Identity | None:
    return Identity.objects.select_related("person").filter(issuer=issuer, subject=subject).first()


def identities_of(person: Person) -> QuerySet[Identity]:
    return person.identities.order_by("created_at")


def all_people(*, search: str = "") -> QuerySet[Person]:
    """For platform staff: by name."""
    people = Person.objects.order_by("name", "email")
    return people.filter(Q(email__icontains=search) | Q(name__icontains=search)) if search else people


def get_person(person_id: UUID) -> Person:
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise NotFound("There is no such person.", code="unknown_person")
    return person
