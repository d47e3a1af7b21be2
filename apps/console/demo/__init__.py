"""The demo of the laptop profile: five people, their org and a stranger's, and the pool of a chain. Later parts of Trace add theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts import services as accounts
from apps.accounts.models import Person
from apps.chains.services import SeededPool, seed_pools
from apps.console.demo.following import ensure_dag
from apps.orgs import services as orgs
from apps.orgs.models import Org
from apps.platform.errors import Invalid

# Nobody else has a token of that name by accident: Home's list of the demo people goes by it.
TOKEN_NAME = "demo"
# Where the chain of this machine is.
POOL = "demo"


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


@dataclass(frozen=True)
class Demo:
    people: Sequence[DemoPerson]
    pools: Sequence[SeededPool] = ()


def parse(document: list[dict[str, Any]] | dict[str, Any]) -> Demo:
    """People alone, or `{"people": […], "pools": […]}`."""
    if isinstance(document, list):
        document = {"people": document}
    if unknown := sorted(document.keys() - {"people", "pools"}):
        raise Invalid(f"There is no `{unknown[0]}` to seed: write `people` and `pools`.", code="bad_seed")
    people = [DemoPerson(**person) for person in document.get("people", [])]
    return Demo(people, [SeededPool.read(pool) for pool in document.get("pools", [])])


def seed(demo: Demo, *, now: datetime) -> None:
    """Idempotent: a second run changes nothing, but for the address of a node that listens elsewhere."""
    _seed_people(demo.people, now=now)
    seed_pools(demo.pools, now=now, config=settings.CONFIG)
    if any(pool.name == POOL for pool in demo.pools):
        _seed_dag(demo.people, now=now)


def _seed_dag(people: Sequence[DemoPerson], *, now: datetime) -> None:
    """Of whoever may deploy in the first org: the demo's chain is followed there."""
    demo = next((one for one in people if one.role == "writer"), None)
    if demo is not None:
        ensure_dag(Org.objects.get(slug=demo.org), Person.objects.get(email=demo.email), now=now)


@transaction.atomic
def _seed_people(people: Sequence[DemoPerson], *, now: datetime) -> None:
    for demo in people:
        org = orgs.ensure_org(slug=demo.org, name=demo.org_name, now=now)
        person = accounts.ensure_person(
            email=demo.email, name=demo.name, password=demo.password, is_platform_staff=demo.is_platform_staff, now=now
        )
        membership = orgs.ensure_membership(org, person, role=demo.role, own_roles=demo.own_roles, now=now)
        orgs.ensure_api_token(membership, name=TOKEN_NAME, token=demo.token, now=now)
