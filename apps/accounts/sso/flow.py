"""A sign-in on its way: what the session keeps between start and callback, by state. The library writes it, we add to it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from apps.accounts.sso.errors import Expired, LostState
from apps.platform.oidc.providers import Provider

STATES = "oidc_states"
LONGEST_SECONDS = 600


@dataclass(frozen=True)
class Pending:
    next_url: str
    is_silent: bool


def bind(request: HttpRequest, state: str, provider: Provider, *, is_silent: bool) -> None:
    """To its provider, so that one provider cannot answer another's sign-in, and to where its own tab wants to go."""
    entry: dict[str, Any] = request.session[STATES][state]
    entry |= {"provider": provider.key, "next": request.session.pop("oidc_login_next", None) or "", "silent": is_silent}
    request.session.modified = True


def pending(request: HttpRequest, provider: Provider) -> Pending:
    """What the answered state was for; raises when it is none of this session's, of another provider, or too old."""
    states: dict[str, dict[str, Any]] = request.session.get(STATES) or {}
    entry = states.get(request.GET.get("state", ""))
    if entry is None or entry.get("provider") != provider.key:
        raise LostState(provider=provider)
    next_url = str(entry.get("next", ""))
    if time.time() - entry["added_on"] > LONGEST_SECONDS:
        forget(request)
        raise Expired("This sign-in was begun too long ago.", provider=provider, next_url=next_url)
    return Pending(next_url, bool(entry.get("silent")))


def forget(request: HttpRequest) -> None:
    """Each state is answered once, whatever the answer was."""
    if request.session.get(STATES, {}).pop(request.GET.get("state", ""), None):
        request.session.modified = True
