"""Classified columns and grants, made through the services that the product uses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from apps.audit.domain import Actor
from apps.orgs.models import Org
from apps.pii import services
from apps.pii.domain import marking, wish
from apps.pii.models import ColumnClassification, PiiGrant
from apps.pii.selectors import Grantee
from apps.pii.views.frame import PAGE_SIZE
from tests.factories import NOON, Persona, acting, make_persona, principal

PURPOSE = "Answer a request of the tax office."
MONTH = timedelta(days=30)
MORE_THAN_A_PAGE = [f"column_{number:02}" for number in range(PAGE_SIZE + 1)]


def make_classified(org: Org, *columns: str, dataset: str = "customers", mask: str | None = "hash") -> list[ColumnClassification]:
    mark = marking(kind="email", handling="mask" if mask else "refuse", mask=mask)
    return [services.classify(org, dataset, name, mark, by=Actor.system("tests"), now=NOON) for name in columns]


def make_request(
    by: Persona,
    grantee: Grantee | None = None,
    *,
    columns: Iterable[str] | None = ("email",),
    dataset: str = "customers",
    now: datetime = NOON,
    lasts: timedelta = MONTH,
) -> PiiGrant:
    wanted = wish(dataset=dataset, columns=columns, purpose=PURPOSE, expires_at=now + lasts, now=now)
    return services.request_grant(by.org, wanted, grantee or by.person, who=principal(by), by=acting(by), now=now)


def make_more_than_a_page(by: Persona) -> list[PiiGrant]:
    """A request for each of the columns, which are classified."""
    return [make_request(by, columns=(name,), now=timezone.now()) for name in MORE_THAN_A_PAGE]


def make_grant(
    org: Org,
    grantee: Grantee,
    *,
    columns: Iterable[str] | None = ("email",),
    dataset: str = "customers",
    now: datetime = NOON,
    lasts: timedelta = MONTH,
) -> PiiGrant:
    """Asked for by one admin, or by its person, and approved by another."""
    asking, approver = make_persona("admin", org=org), make_persona("admin", org=org)
    request = make_request(asking, grantee, columns=columns, dataset=dataset, now=now, lasts=lasts)
    return services.approve(request, by=acting(approver), now=now)
