"""The browsers in which somebody is signed in, as their profile and the page of platform staff show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from apps.accounts import selectors
from apps.accounts.models import BrowserSession, Person

# Nobody is signed in at more places than this on purpose.
MOST = 100


@dataclass(frozen=True)
class SignedIn:
    session: BrowserSession
    how: str
    is_this: bool
    # Where a POST ends it.
    end_at: str


def signed_in_browsers(
    person: Person, *, this: UUID | None = None, end_name: str = "console:end-session", now: datetime
) -> list[SignedIn]:
    names = provider_names()
    return [
        SignedIn(one, names.get(one.provider, one.provider), one.pk == this, reverse(end_name, args=[one.pk]))
        for one in selectors.sessions_of(person, now=now)[:MOST]
    ]


def provider_names() -> dict[str, str]:
    """One that is no longer configured is shown by its key."""
    return {"": "Password"} | {provider.key: provider.name for provider in selectors.providers()}
