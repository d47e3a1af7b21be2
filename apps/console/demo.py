"""The demo of the laptop profile: five people, their org and a stranger's. Later parts of Trace add theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts import services as accounts
from apps.orgs import services as orgs

# Nobody else has a token of that name by accident: Home's list of the demo people goes by it.
TOKEN_NAME = "demo"


@dataclass(frozen=True)
class DemoPerson:
    email: str
    name: str
    password: str
    token: str
    org: str
    org_name: str
    role: str
    own_roles: list[str]
    is_platform_staff: bool


def parse(document: list[dict[str, Any]]) -> list[DemoPerson]:
    return [DemoPerson(**person) for person in document]


@transaction.atomic
def seed(people: Sequence[DemoPerson], *, now: datetime) -> None:
    """Idempotent: a second run changes nothing."""
    for demo in people:
        org = orgs.ensure_org(slug=demo.org, name=demo.org_name, now=now)
        person = accounts.ensure_person(
            email=demo.email, name=demo.name, password=demo.password, is_platform_staff=demo.is_platform_staff, now=now
        )
        membership = orgs.ensure_membership(org, person, role=demo.role, own_roles=demo.own_roles, now=now)
        orgs.ensure_api_token(membership, name=TOKEN_NAME, token=demo.token, now=now)
