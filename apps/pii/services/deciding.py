"""Approve, refuse, revoke. Nobody decides on what they asked for, nor approves what is for them or for a role that they hold.

The table refuses the same where it can: roles are held elsewhere. Who takes such a role later is kept out by the policy.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.audit import services as audit
from apps.audit.domain import Actor
from apps.orgs.models import Membership, OrgRole
from apps.pii import selectors
from apps.pii.domain import State, Verdict, checked_note
from apps.pii.models import PiiGrant
from apps.pii.policy import roles_held
from apps.pii.services.grants import closed, lock, subject_of
from apps.platform.errors import Conflict, Forbidden


@transaction.atomic
def approve(grant: PiiGrant, *, by: Actor, now: datetime, note: str = "") -> PiiGrant:
    grant = lock(grant)
    if grant.person_id and grant.person_id == by.person_id:
        raise Forbidden("This grant is for you: another admin must decide on it.", code="pii_self_approval")
    if _is_through_role(grant, by):
        raise Forbidden(
            f"This grant is for you too, as {grant.grantee} is yours: an admin without it must decide.", code="pii_self_approval"
        )
    if grant.state_at(now) == State.WAITING and _has_left(grant):
        raise Conflict(f"{grant.grantee} has left the org since: refuse the request.", code="pii_not_a_member")
    return _decide(grant, Verdict.APPROVED, by=by, now=now, note=note)


@transaction.atomic
def refuse(grant: PiiGrant, *, by: Actor, now: datetime, note: str = "") -> PiiGrant:
    return _decide(lock(grant), Verdict.REFUSED, by=by, now=now, note=note)


@transaction.atomic
def revoke(grant: PiiGrant, *, by: Actor, now: datetime) -> PiiGrant:
    """At once: the next decision finds no grant."""
    grant = lock(grant)
    _check_person(by)
    if grant.state_at(now) != State.LIVING:
        raise closed(grant, now=now)
    grant.revoked_by_id, grant.revoked_at = by.person_id, now
    grant.save(update_fields=["revoked_by", "revoked_at"])
    _tell("pii.revoke", grant, State.LIVING, State.REVOKED, by=by)
    return grant


def check_role(role: OrgRole) -> None:
    """A role that something waits for, or that lets somebody in, is not deleted from under it."""
    now = timezone.now()
    open_ones = PiiGrant.objects.filter(role=role)
    if open_ones.waiting(now=now).exists() or open_ones.living(now=now).exists():
        raise Conflict(
            f"{role.slug} is named by requests or living grants of personal data: refuse or revoke them first.",
            code="pii_role_used",
        )


def _decide(grant: PiiGrant, verdict: Verdict, *, by: Actor, now: datetime, note: str) -> PiiGrant:
    _check_person(by)
    if grant.requested_by_id == by.person_id:
        raise Forbidden(
            "You asked for this yourself: another admin must decide on it. You may withdraw it.", code="pii_self_approval"
        )
    if grant.state_at(now) != State.WAITING:
        raise closed(grant, now=now)
    grant.decision, grant.decision_note = verdict, checked_note(note)
    grant.decided_by_id, grant.decided_at = by.person_id, now
    grant.save(update_fields=["decision", "decision_note", "decided_by", "decided_at"])
    action = "pii.approve" if verdict is Verdict.APPROVED else "pii.refuse"
    _tell(action, grant, State.WAITING, grant.state_at(now), by=by)
    return grant


def _is_through_role(grant: PiiGrant, by: Actor) -> bool:
    membership = Membership.objects.filter(org=grant.org_id, person=by.person_id).first()
    return membership is not None and grant.role_id in roles_held(membership)


def _has_left(grant: PiiGrant) -> bool:
    return grant.person_id is not None and not selectors.is_member(grant.org, grant.person_id, since=grant.requested_at)


def _check_person(by: Actor) -> None:
    if by.person_id is None:
        raise Forbidden("Only a person decides who sees personal data.", code="pii_person_needed")


def _tell(action: str, grant: PiiGrant, before: State, after: State, *, by: Actor) -> None:
    told = {"state": after.value, "until": grant.expires_at.isoformat(), "note": grant.decision_note}
    audit.record(action, subject_of(grant), by=by, org_id=grant.org_id, before={"state": before.value}, after=told)
