"""The session of a browser and the row that lets it count: begun at the sign-in, asked for at every request, ended from either side."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import auth
from django.http import HttpRequest

from apps.accounts import services
from apps.accounts.domain import Device, browser_name
from apps.accounts.models import Person
from apps.accounts.selectors import find_session
from apps.accounts.sso import session
from apps.audit.domain import Actor
from apps.audit.requests import actor_of, client_address

KEY = "browser_session"


def id_of(request: HttpRequest) -> UUID | None:
    kept = request.session.get(KEY)
    return UUID(kept) if kept else None


def begin(request: HttpRequest, person: Person, *, provider: str = "", replaced: UUID | None = None, now: datetime) -> None:
    """After Django's own login, which may have emptied the session of the person before."""
    if replaced:
        services.end_session(replaced, by=actor_of(request))
    begun = services.begin_session(person, provider=provider, device=_device(request), by=actor_of(request), now=now)
    request.session[KEY] = str(begun.pk)


def counts(request: HttpRequest, person: Person, *, now: datetime) -> bool:
    """Whether the person is still signed in here; one read, and a write every few minutes."""
    known = id_of(request)
    if known is None:
        _adopt(request, person, now=now)
        return True
    found = find_session(known)
    if found is None or found.person_id != person.pk:
        return False
    services.note_seen(found, now=now)
    return True


def leave(request: HttpRequest) -> None:
    """Sign out of this browser."""
    if known := id_of(request):
        services.end_session(known, by=actor_of(request))
    auth.logout(request)


def forget(request: HttpRequest) -> None:
    """What is left of a session that no longer counts: revoked elsewhere, or of somebody who has been switched off."""
    if known := id_of(request):
        services.end_session(known, by=Actor.system("sessions"))
        request.session.flush()


def _adopt(request: HttpRequest, person: Person, *, now: datetime) -> None:
    """A session that began before there were rows for them is seen, and can be ended, from its next request on."""
    kept = session.recall(request)
    adopted = services.adopt_session(person, provider=kept.provider if kept else "", device=_device(request), now=now)
    request.session[KEY] = str(adopted.pk)


def _device(request: HttpRequest) -> Device:
    return Device(browser_name(request.headers.get("User-Agent", "")), client_address(request))
