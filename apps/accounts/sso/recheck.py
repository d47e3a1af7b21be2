"""A session that began at a provider lasts as long as the one there: now and then the browser asks it, without showing anything."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from apps.accounts import sessions
from apps.accounts.sso import registry, session
from apps.accounts.sso.errors import UnknownProvider
from apps.accounts.way_back import own_path

# What changes something cannot come back from a redirect as it was, so it gets as long again before it has to.
GRACE = 2


def ask_again(request: HttpRequest, *, now: datetime) -> HttpResponseBase | None:
    """The redirect that asks, or None while the last answer still holds."""
    kept = session.recall(request)
    if kept is None or not kept.is_due(now=now, times=1 if request.method in {"GET", "HEAD"} else GRACE):
        return None
    if not _is_configured(kept.provider):
        sessions.leave(request)
        return redirect("accounts:sign-in")
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    url = session.silent_start(kept.provider, _back_to(request, htmx))
    # The background request of a fragment would follow a redirect to another site, and be stopped there: the page itself must go.
    return HttpResponseClientRedirect(url) if htmx else redirect(url)


def is_overdue(request: HttpRequest, *, now: datetime) -> bool:
    """For calls that cannot be sent to a provider: they live on what the pages around them had checked."""
    kept = session.recall(request)
    return kept is not None and (kept.is_due(now=now, times=GRACE) or not _is_configured(kept.provider))


def _back_to(request: HttpRequest, htmx: HtmxDetails | None) -> str:
    if htmx:
        return own_path(request, htmx.current_url)
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    return own_path(request, request.headers.get("Referer"))


def _is_configured(key: str) -> bool:
    try:
        registry.provider_of(key)
    except UnknownProvider:
        return False
    return True
