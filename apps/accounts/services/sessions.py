"""Where somebody is signed in. A session without its row here counts for nothing (accounts.sessions), so to delete it is to end it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction

from apps.accounts.domain import Device
from apps.accounts.models import BrowserSession, Person
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject

# A write for every request would cost more than it tells.
NOTED = timedelta(minutes=5)


@transaction.atomic
def begin_session(person: Person, *, provider: str, device: Device, by: Actor, now: datetime) -> BrowserSession:
    """Signed in with a password where `provider` is empty."""
    _forget_ended(now=now)
    session = BrowserSession.objects.create(
        person=person, provider=provider, address=device.address, browser=device.browser, signed_in_at=now, last_seen_at=now
    )
    after = {"how": provider or "password", "browser": device.browser}
    audit.record("session.begin", _subject(session), by=by, after=after)
    return session


def note_seen(session: BrowserSession, *, now: datetime) -> None:
    if session.last_seen_at < now - NOTED:
        BrowserSession.objects.filter(pk=session.pk).update(last_seen_at=now)


@transaction.atomic
def end_session(session_id: UUID, *, by: Actor) -> None:
    """From within: somebody signs out, or the provider no longer vouches for them."""
    _delete(session_id, "session.end", by=by)


@transaction.atomic
def revoke_session(session: BrowserSession, *, by: Actor) -> None:
    """From elsewhere: that browser is signed out at its next request. Twice is no error."""
    _delete(session.pk, "session.revoke", by=by)


@transaction.atomic
def end_other_sessions(person: Person, *, keep: UUID | None, by: Actor) -> int:
    """All but the one that asks; all, where it is none of them. Returns how many."""
    sessions = person.sessions.exclude(pk=keep) if keep else person.sessions.all()
    others = list(sessions.values_list("pk", flat=True))
    for session_id in others:
        _delete(session_id, "session.revoke", by=by)
    return len(others)


def end_sessions_at(provider: str, person: Person, *, by: Actor) -> None:
    """Those that this provider's word began; all of them, for none of it can be told from a wrong one."""
    for session_id in list(person.sessions.filter(provider=provider).values_list("pk", flat=True)):
        _delete(session_id, "session.revoke", by=by)


def _delete(session_id: UUID, action: str, *, by: Actor) -> None:
    session = BrowserSession.objects.select_for_update(of=("self",)).select_related("person").filter(pk=session_id).first()
    if session:
        audit.record(action, _subject(session), by=by, before={"of": session.person.email})
        session.delete()


def _forget_ended(*, now: datetime) -> None:
    """What ended by itself, hours after it was last used: ours and Django's. Uses the index browser_session_seen."""
    lifetime = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    BrowserSession.objects.filter(last_seen_at__lt=now - lifetime - NOTED).delete()
    Session.objects.filter(expire_date__lt=now).delete()


def _subject(session: BrowserSession) -> Subject:
    return Subject("session", str(session.pk), session.browser)
