from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.accounts.domain import normalise_email
from apps.accounts.models import Person
from apps.audit import services as audit
from apps.audit.domain import Actor, ActorKind, Subject
from apps.orgs import quotas
from apps.orgs.models import Invitation, Membership, Org
from apps.orgs.quotas import Quota
from apps.orgs.services.memberships import add_member, system_role
from apps.platform.errors import Conflict, Forbidden, NotFound

LIVES = timedelta(days=14)


@transaction.atomic
def invite(org: Org, *, email: str, role: str, by: Actor, now: datetime) -> Invitation:
    """An open invitation to the same address is replaced: its time starts again."""
    email = normalise_email(email)
    system = system_role(org, role)
    Org.objects.select_for_update().get(pk=org.pk)
    if Membership.objects.filter(org=org, person__email=email).exists():
        raise Conflict(f"{email} is a member of {org.slug} already.", code="already_member")
    before = _replace(org, email, now=now)
    quotas.require_room(org, Quota.INVITATIONS, now=now)
    invitation = Invitation.objects.create(
        org=org, email=email, role=system, invited_by_id=by.person_id, created_at=now, expires_at=now + LIVES
    )
    audit.record("invitation.create", _subject(invitation), by=by, org_id=org.pk, before=before, after=_told(invitation))
    return invitation


def _replace(org: Org, email: str, *, now: datetime) -> dict[str, object] | None:
    known = Invitation.objects.select_related("role").filter(org=org, email=email, accepted_at=None, revoked_at=None).first()
    if known is None:
        return None
    known.revoked_at = now
    known.save(update_fields=["revoked_at"])
    return _told(known)


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, by: Actor, now: datetime) -> None:
    revoked = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(revoked_at=now)
    if not revoked:
        raise Conflict("This invitation was accepted or withdrawn meanwhile.", code="invitation_closed")
    audit.record("invitation.revoke", _subject(invitation), by=by, org_id=invitation.org_id)


@transaction.atomic
def accept_invitation(invitation: Invitation, *, person: Person, by: Actor, now: datetime) -> Membership:
    """By the owner of the address and nobody else; once."""
    invitation = _answerable(invitation, person=person, now=now)
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    audit.record("invitation.accept", _subject(invitation), by=by, org_id=invitation.org_id)
    return add_member(invitation.org, person, role=invitation.role, given_by=invitation.invited_by_id, by=by, now=now)


@transaction.atomic
def decline_invitation(invitation: Invitation, *, person: Person, by: Actor, now: datetime) -> None:
    """It is gone as if it had been withdrawn; the org's log says by whom."""
    invitation = _answerable(invitation, person=person, now=now)
    invitation.revoked_at = now
    invitation.save(update_fields=["revoked_at"])
    audit.record("invitation.decline", _subject(invitation), by=by, org_id=invitation.org_id)


def as_invited(person: Person) -> Actor:
    """Somebody who is admitted while they sign in for the first time: there is no request of theirs yet."""
    return Actor(ActorKind.PERSON, person.email, person_id=person.pk)


def _answerable(invitation: Invitation, *, person: Person, now: datetime) -> Invitation:
    invitation = _locked(invitation)
    if person.email != invitation.email:
        raise Forbidden("This invitation is for another address.", code="not_invited")
    if invitation.revoked_at or invitation.accepted_at:
        raise Conflict("This invitation was accepted or withdrawn meanwhile.", code="invitation_closed")
    if invitation.expires_at <= now:
        raise Conflict("This invitation has expired; ask an admin of the org for a new one.", code="invitation_expired")
    if not Invitation.objects.open(now=now).filter(pk=invitation.pk).exists():
        raise Conflict("Whoever invited you is no longer an admin of the org; ask one who is.", code="invitation_void")
    return invitation


def _locked(invitation: Invitation) -> Invitation:
    fresh = Invitation.objects.select_for_update(of=("self",)).select_related("org", "role").filter(pk=invitation.pk).first()
    if fresh is None:
        raise NotFound("There is no such invitation.", code="unknown_invitation")
    return fresh


def _told(invitation: Invitation) -> dict[str, object]:
    return {"email": invitation.email, "role": invitation.role.slug, "expires_at": invitation.expires_at.isoformat()}


def _subject(invitation: Invitation) -> Subject:
    return Subject("invitation", str(invitation.pk), invitation.email)
