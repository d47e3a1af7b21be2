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
    found = find_session(known) if known else None
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
    """What is left of a session that does not count: revoked elsewhere, of somebody switched off, or without a row from the start."""
    if known := id_of(request):
        services.end_session(known, by=Actor.system("sessions"))
    # Not that of somebody who is on the way to a provider and signed in as nobody yet.
    if known or auth.SESSION_KEY in request.session:
        request.session.flush()


def _device(request: HttpRequest) -> Device:
    return Device(browser_name(request.headers.get("User-Agent", "")), client_address(request))
