"""The profile page: drawn from what five tables know of one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.accounts import selectors as accounts
from apps.accounts import sessions
from apps.accounts.authentication import signed_in
from apps.accounts.forms import PasswordForm
from apps.accounts.models import BrowserSession, Identity, Person
from apps.accounts.sso import registry
from apps.console.me.forms import NameForm
from apps.orgs import selectors as orgs
from apps.platform.errors import UserError

# Nobody is signed in at more places than this on purpose.
MOST_SESSIONS = 100
URL = "console:me"


@dataclass(frozen=True)
class SignedIn:
    session: BrowserSession
    how: str
    is_this: bool


@dataclass(frozen=True)
class Known:
    """At a provider."""

    identity: Identity
    provider: str


def draw(
    request: HttpRequest, *, name: NameForm | None = None, password: PasswordForm | None = None, status: int = 200
) -> HttpResponse:
    """A form that was sent comes back with what is wrong in it; the others are fresh."""
    person, now = signed_in(request), timezone.now()
    context = {
        "person": person, "now": now, "active": "me", "crumbs": [{"name": "Your profile"}],
        "name_form": name or NameForm(initial={"name": person.name}),
        "password_form": (password or PasswordForm(request, person)) if accounts.has_password(person) else None,
        "signed_in": _signed_in(request, person, now), "identities": _known(person),
        "memberships": orgs.memberships_of(person).prefetch_related("own_roles"),
        "tokens": orgs.tokens_of_person(person), "offers": orgs.offers_to(person, now=now),
    }  # fmt: skip
    return render(request, "me/me.html", context, status=status)


def note_refusal(request: HttpRequest, error: UserError) -> None:
    """For what a button does: there is no field that the reason could stand beside."""
    messages.error(request, error.message)


def _signed_in(request: HttpRequest, person: Person, now: datetime) -> list[SignedIn]:
    names, this = _provider_names(), sessions.id_of(request)
    found = accounts.sessions_of(person, now=now)[:MOST_SESSIONS]
    return [SignedIn(session, names.get(session.provider, session.provider), session.pk == this) for session in found]


def _known(person: Person) -> list[Known]:
    names = _provider_names()
    return [Known(identity, names.get(identity.provider, identity.provider)) for identity in accounts.identities_of(person)]


def _provider_names() -> dict[str, str]:
    """One that is no longer configured is shown by its key."""
    return {"": "Password"} | {provider.key: provider.name for provider in registry.providers()}
