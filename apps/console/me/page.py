"""The profile page: drawn from what five tables know of one person."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.accounts import selectors as accounts
from apps.accounts import sessions
from apps.accounts.authentication import signed_in
from apps.accounts.models import Identity, Person
from apps.console.browsers import provider_names, signed_in_browsers
from apps.console.me.forms import NameForm, PasswordForm
from apps.orgs import selectors as orgs
from apps.orgs.admin_frame import REFUSED

URL = "console:me"


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
        "signed_in": signed_in_browsers(person, this=sessions.id_of(request), now=now), "identities": _known(person),
        "memberships": orgs.memberships_of(person).prefetch_related("own_roles"),
        "tokens": orgs.tokens_of_person(person), "offers": orgs.offers_to(person, now=now),
    }  # fmt: skip
    return render(request, "me/me.html", {**context, "refused": status == REFUSED}, status=status)


def _known(person: Person) -> list[Known]:
    names = provider_names()
    return [Known(identity, names.get(identity.provider, identity.provider)) for identity in accounts.identities_of(person)]
