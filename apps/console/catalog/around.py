"""What the pages of a dataset have in common: who gets to one, and the way back to its tabs."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from apps.console.catalog import one
from apps.console.sections import CATALOG
from apps.datasets.models import Dataset
from apps.orgs import policy
from apps.orgs.access import OrgRequest
from apps.orgs.admin_frame import changed_at, who
from apps.orgs.domain import Level

PAGE = "console:dataset"


def reached(request: OrgRequest, name: str, level: Level = Level.CHANGE) -> Dataset:
    found = one.get_dataset(request.org, name)
    policy.require_reach(who(request), level, found, now=timezone.now())
    return found


def tab_of(request: OrgRequest, name: str, tab: str) -> str:
    address = reverse(PAGE, args=[request.org.slug, name])
    return f"{address}?tab={tab}" if tab else address


def back(request: OrgRequest, name: str, tab: str, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect(tab_of(request, name, tab))


def done(request: OrgRequest, name: str, tab: str, note: str, change: Callable[[], object]) -> HttpResponse:
    return changed_at(request, note, change, tab_of(request, name, tab))


def frame(request: OrgRequest, found: Dataset, tab: str, title: str) -> dict[str, object]:
    """Of a page below a tab."""
    crumbs = [
        {"name": CATALOG.name, "url": reverse("console:catalog", args=[request.org.slug])},
        {"name": found.name, "url": tab_of(request, found.name, tab)}, {"name": title},
    ]  # fmt: skip
    return {"dataset": found, "active": CATALOG.key, "crumbs": crumbs}
