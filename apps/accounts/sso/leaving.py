"""Signing out here is at once; signing out at the provider takes one more step, in the same browser."""

from __future__ import annotations

import time

from django.http import HttpRequest

from apps.accounts import sessions
from apps.accounts.sso import registry, session
from apps.accounts.sso.errors import SsoError
from apps.platform.oidc.providers import Provider

KEY = "sso_leaving"
LONGEST_SECONDS = 120


def sign_out(request: HttpRequest) -> Provider | None:
    """The session here is over afterwards. Returns the provider that has one to end as well."""
    kept = session.recall(request)
    sessions.leave(request)
    provider = _that_can(kept.provider) if kept else None
    if kept and provider:
        request.session[KEY] = {"provider": provider.key, "sealed": kept.sealed, "at": time.time()}
    return provider


def take(request: HttpRequest, provider: str) -> str:
    """The ID token that says whose session to end, once; empty when nobody is leaving."""
    kept = request.session.pop(KEY, None)
    if not kept or kept["provider"] != provider or time.time() - kept["at"] > LONGEST_SECONDS:
        return ""
    return session.opened(kept["sealed"])


def _that_can(key: str) -> Provider | None:
    """Whoever signs out must not be held up by a provider that is down, gone, or knows no sign-out."""
    try:
        provider = registry.provider_of(key)
        return provider if registry.endpoints_of(provider).end_session else None
    except SsoError:
        return None
