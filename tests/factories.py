"""Typed makers of rows, through the same services that the product uses."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from django.test import Client
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts import sessions
from apps.accounts.domain import Device
from apps.accounts.models import Person
from apps.audit.domain import Actor, ActorKind
from apps.orgs import services as orgs
from apps.orgs.domain import new_token
from apps.orgs.models import Membership, Org
from apps.orgs.policy import Principal

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Persona:
    """Somebody in an org, with the two ways to prove it."""

    person: Person
    org: Org
    token: str
    password: str = PASSWORD

    @property
    def bearer(self) -> str:
        return f"Bearer {self.token}"


def unique(stem: str) -> str:
    return f"{stem}-{secrets.token_hex(4)}"


def acting(persona: Persona) -> Actor:
    """As the views say who did it."""
    return Actor(ActorKind.PERSON, persona.person.email, person_id=persona.person.pk)


def principal(persona: Persona) -> Principal:
    return Principal(persona.person)


def make_org(name: str = "Research", *, slug: str | None = None) -> Org:
    return orgs.ensure_org(slug=slug or unique("org"), name=name, now=NOON)


def make_person(name: str = "Pat", *, is_platform_staff: bool = False) -> Person:
    email = f"{unique('pat')}@trace.example"
    return accounts.ensure_person(email=email, name=name, password=PASSWORD, is_platform_staff=is_platform_staff, now=NOON)


def sign_in(client: Client, person: Person, *, backend: str = "apps.accounts.backends.LocalPassword") -> None:
    """As the views do: Django's login, and the row that lets the session count."""
    client.force_login(person, backend=backend)
    by = Actor(ActorKind.PERSON, person.email, person_id=person.pk)
    begun = accounts.begin_session(person, provider="", device=Device("Tests", "127.0.0.1"), by=by, now=timezone.now())
    session = client.session
    session[sessions.KEY] = str(begun.pk)
    session.save()


def make_membership(org: Org, person: Person, *, role: str = "reader", own_roles: tuple[str, ...] = ()) -> Membership:
    return orgs.ensure_membership(org, person, role=role, own_roles=own_roles, now=NOON)


def make_persona(role: str, *, org: Org, own_roles: tuple[str, ...] = (), is_platform_staff: bool = False) -> Persona:
    person = make_person(role.title(), is_platform_staff=is_platform_staff)
    membership = make_membership(org, person, role=role, own_roles=own_roles)
    token = new_token()
    orgs.ensure_api_token(membership, name="tests", token=token, now=NOON)
    return Persona(person, org, token)
