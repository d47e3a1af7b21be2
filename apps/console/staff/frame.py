"""What the pages of platform staff share: their tabs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.models import Person
from apps.audit.selectors import given
from apps.orgs import policy
from apps.orgs.policy import Action, Principal


@dataclass(frozen=True)
class Tab:
    key: str
    name: str
    icon: str
    url: str
    action: Action


TABS = (
    Tab("orgs", "Orgs", "building-2", "console:orgs", Action.PLATFORM_ORGS),
    Tab("people", "People", "users", "console:people", Action.PLATFORM_PEOPLE),
    Tab("audit", "Audit log", "scroll-text", "console:audit", Action.PLATFORM_AUDIT),
    Tab("tables", "Tables", "database", "admin:index", Action.PLATFORM_ADMIN),
)


def tabs_of(person: Person) -> list[Tab]:
    return [tab for tab in TABS if policy.can(Principal(person), tab.action)]


def staff_page(
    request: HttpRequest, template: str, key: str, context: Mapping[str, object], *, status: int = 200, crumb: str = ""
) -> HttpResponse:
    """`crumb` names the one thing that a page is about."""
    tab = next(tab for tab in TABS if tab.key == key)
    crumbs = [{"name": "Platform"}, {"name": tab.name}, *([{"name": crumb}] if crumb else [])]
    frame = {"tab": tab, "active": "platform", "crumbs": crumbs, "at": reverse(tab.url)}
    return render(request, template, {**frame, **context}, status=status)


def asked_for(request: HttpRequest) -> str:
    """What a search was sent with."""
    return given(request.GET, "q")
