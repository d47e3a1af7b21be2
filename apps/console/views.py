from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.authentication import signed_in
from apps.console import selectors
from apps.console.context import Shell
from apps.console.health import take_health
from apps.console.sections import HOME, PLANNED
from apps.orgs.access import OrgRequest, guarded, org_page
from apps.orgs.admin_frame import who
from apps.orgs.policy import Action
from apps.orgs.selectors import offers_to
from apps.platform.errors import NotFound


@require_GET
@guarded(Action.SELF_VIEW)
def start(request: HttpRequest) -> HttpResponse:
    """To the org the person was in last, or the first one."""
    if org := Shell(request).org:
        return redirect("console:home", org.slug)
    offers = offers_to(signed_in(request), now=timezone.now())
    return render(request, "console/no_org.html", {"offers": offers, "crumbs": [{"name": HOME.name}]})


@require_GET
@org_page(Action.ORG_VIEW)
def home(request: OrgRequest) -> HttpResponse:
    found = selectors.home_of(who(request), request.org, config=settings.CONFIG, now=timezone.now())
    context = {"home": found, "active": HOME.key, "crumbs": [{"name": HOME.name}]}
    return render(request, "console/home.html", context)


@org_page(Action.ORG_VIEW)
def section(request: OrgRequest, key: str, rest: str = "") -> HttpResponse:
    """A part that this version does not have: its address answers, and says so."""
    if key not in PLANNED:
        raise NotFound("There is nothing here, or nothing you can see.")
    planned = PLANNED[key]
    context = {"section": planned, "active": planned.key, "crumbs": [{"name": planned.name}]}
    return render(request, "console/not_built.html", context, status=501)


@require_GET
@guarded(Action.PLATFORM_HEALTH)
def health(request: HttpRequest) -> HttpResponse:
    """The page, or to htmx only the part that changes."""
    context = {"health": take_health(signed_in(request), config=settings.CONFIG, now=timezone.now())}
    if request.headers.get("HX-Request"):
        return render(request, "console/_health.html", context)
    return render(request, "console/health.html", context | {"active": "health", "crumbs": [{"name": "Platform health"}]})
