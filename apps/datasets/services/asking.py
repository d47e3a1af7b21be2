"""Somebody asks to read a dataset, and who may grant it decides."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.datasets.domain import Asked
from apps.datasets.models import AccessRequest, Dataset
from apps.orgs import policy
from apps.orgs import services as orgs
from apps.orgs.domain import Level, checked_purpose
from apps.orgs.policy import Principal
from apps.platform.errors import Conflict, Forbidden, Invalid, NotFound

_LONGEST_NOTE = 500


@transaction.atomic
def ask_for_access(dataset: Dataset, reason: str, *, who: Principal, by: Actor, now: datetime) -> AccessRequest:
    """Once, while nobody has decided."""
    said = checked_purpose(reason)
    if policy.can_reach(who, Level.VIEW, dataset, now=now):
        raise Conflict("It is open to you already.", code="access_open")
    wanted = AccessRequest(dataset=dataset, person=who.person, reason=said, asked_at=now)
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError:
        raise Conflict("You have asked for it already, and nobody has decided yet.", code="access_asked") from None
    _tell("dataset.access_ask", wanted, by=by, reason=wanted.reason)
    return wanted


@transaction.atomic
def withdraw_request(asked: AccessRequest, *, by: Actor, now: datetime) -> None:
    if asked.person_id != by.person_id:
        raise Forbidden("Only who asked withdraws a request; who may grant it refuses it.", code="access_not_yours")
    _end(_open(asked), Asked.WITHDRAWN, by=None, note="", now=now)
    _tell("dataset.access_withdraw", asked, by=by)


@transaction.atomic
def grant_access(asked: AccessRequest, *, expires_at: datetime | None, by: Actor, now: datetime) -> None:
    """To look, for the reason that was given; with an end, or until somebody revokes it."""
    asked = _open(_not_own(asked, by))
    orgs.grant(
        asked.dataset,
        to={"person": asked.person.email},
        level=Level.VIEW,
        purpose=asked.reason,
        expires_at=expires_at,
        by=by,
        now=now,
    )
    _end(asked, Asked.GRANTED, by=by, note="", now=now)
    _tell("dataset.access_grant", asked, by=by, expires_at=expires_at.isoformat() if expires_at else None)


@transaction.atomic
def refuse_access(asked: AccessRequest, note: str, *, by: Actor, now: datetime) -> None:
    """With a sentence: who asked reads it, and knows what to do."""
    asked, said = _open(_not_own(asked, by)), " ".join(note.split())
    if not 3 <= len(said) <= _LONGEST_NOTE or not said.isprintable():
        raise Invalid(f"Write why, in 3 to {_LONGEST_NOTE} characters: who asked reads it.", code="note_needed")
    _end(asked, Asked.REFUSED, by=by, note=said, now=now)
    _tell("dataset.access_refuse", asked, by=by, note=said)


def _not_own(asked: AccessRequest, by: Actor) -> AccessRequest:
    if asked.person_id == by.person_id:
        raise Forbidden("You asked for this yourself: somebody else must decide. You may withdraw it.", code="access_own_request")
    return asked


def _open(asked: AccessRequest) -> AccessRequest:
    locked = AccessRequest.objects.select_for_update(of=("self",), no_key=True).select_related("person", "dataset__org")
    found = locked.filter(pk=asked.pk).first()
    if found is None:
        raise NotFound("There is no such request any more.", code="unknown_access_request")
    if found.state != Asked.WAITING:
        raise Conflict(f"This request is {found.state} already.", code="access_request_closed", detail={"state": found.state})
    return found


def _end(asked: AccessRequest, state: Asked, *, by: Actor | None, note: str, now: datetime) -> None:
    asked.state, asked.ended_at, asked.note = state, now, note
    asked.decided_by_id = by.person_id if by else None
    asked.save(update_fields=["state", "ended_at", "note", "decided_by"])


def _tell(action: str, asked: AccessRequest, *, by: Actor, **said: object) -> None:
    subject = Subject("dataset", str(asked.dataset_id), asked.dataset.name)
    audit.record(action, subject, by=by, org_id=asked.dataset.org_id, after={"person": asked.person.email, **said})
