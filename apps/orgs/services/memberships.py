from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Person
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs import quotas, sharing
from apps.orgs.domain import SystemRole
from apps.orgs.models import Departure, Membership, Org, OrgRole
from apps.orgs.quotas import Quota
from apps.platform.errors import Conflict, Invalid, NotFound


@transaction.atomic
def change_member(
    membership: Membership, *, role: str | None = None, own_roles: Sequence[str] | None = None, by: Actor
) -> Membership:
    """What the member may do (a system role) and which of the org's own roles they hold: what is given, the rest stays."""
    membership = _locked(membership)
    before = _told(membership)
    if role is not None:
        _change_role(membership, role, by=by)
    if own_roles is not None:
        membership.own_roles.set(_own_roles(membership.org, own_roles), through_defaults={"given_by_id": by.person_id})
    if (after := _told(membership)) != before:
        audit.record("member.change", _subject(membership), by=by, org_id=membership.org_id, before=before, after=after)
    return membership


@transaction.atomic
def remove_member(membership: Membership, *, by: Actor, now: datetime) -> None:
    """Their tokens for this org and what they were granted in it end with the membership, and their sessions find nothing here at the next request."""
    membership = _locked(membership)
    _keep_an_admin(membership)
    before = _told(membership) | {"grants": _end_grants(membership, now=now)}
    audit.record("member.remove", _subject(membership), by=by, org_id=membership.org_id, before=before)
    Departure.objects.update_or_create(org=membership.org, person=membership.person, defaults={"at": now})
    membership.delete()


@transaction.atomic
def add_member(org: Org, person: Person, *, role: OrgRole, given_by: UUID | None = None, by: Actor, now: datetime) -> Membership:
    """Nothing happens to who is a member already. `given_by` is who let them in, which the one who joins is not."""
    Org.objects.select_for_update().get(pk=org.pk)
    if there := Membership.objects.filter(org=org, person=person).first():
        return there
    quotas.require_room(org, Quota.MEMBERS)
    membership = Membership.objects.create(org=org, person=person, role=role, role_given_by_id=given_by, created_at=now)
    audit.record("member.add", _subject(membership), by=by, org_id=org.pk, after=_told(membership))
    return membership


@transaction.atomic
def ensure_membership(org: Org, person: Person, *, role: str, own_roles: Sequence[str] = (), now: datetime) -> Membership:
    """The person is a member in that role afterwards; own roles are made if they are not there. For seeds."""
    system = system_role(org, role)
    membership, _ = Membership.objects.update_or_create(
        org=org, person=person, defaults={"role": system}, create_defaults={"role": system, "created_at": now}
    )
    membership.own_roles.set([OrgRole.objects.get_or_create(org=org, slug=slug)[0] for slug in own_roles])
    return membership


def system_role(org: Org, slug: str) -> OrgRole:
    if slug not in set(SystemRole):
        raise Invalid(f"`{slug}` is not one of admin, writer and reader.", code="unknown_role")
    return org.roles.get(slug=slug, is_system=True)


def _own_roles(org: Org, slugs: Sequence[str]) -> list[OrgRole]:
    found = list(org.roles.filter(slug__in=slugs, is_system=False))
    if unknown := set(slugs) - {role.slug for role in found}:
        raise Invalid(f"The org has no role of its own called {', '.join(sorted(unknown))}.", code="unknown_role")
    return found


def _change_role(membership: Membership, role: str, *, by: Actor) -> None:
    system = system_role(membership.org, role)
    if role != SystemRole.ADMIN:
        _keep_an_admin(membership)
    if membership.role_id != system.pk:
        membership.role, membership.role_given_by_id = system, by.person_id
        membership.save(update_fields=["role", "role_given_by"])


def _end_grants(membership: Membership, *, now: datetime) -> list[str]:
    """Somebody who comes back one day starts with what they are granted then."""
    ended = []
    for kind in sharing.kinds():
        theirs = kind.rows().filter(content_object__org=membership.org_id, person=membership.person_id, revoked_at=None)
        ended += [given.what for given in theirs.select_related("content_object", "permission")]
        theirs.update(revoked_at=now)
    return ended


def _locked(membership: Membership) -> Membership:
    # The org, not the member: two admins who remove each other at once must see each other.
    Org.objects.select_for_update().get(pk=membership.org_id)
    fresh = Membership.objects.select_related("org", "person", "role").filter(pk=membership.pk).first()
    if fresh is None:
        raise NotFound("This person is no longer a member.", code="unknown_member")
    return fresh


def _keep_an_admin(membership: Membership) -> None:
    if membership.role.slug != SystemRole.ADMIN:
        return
    others = Membership.objects.filter(org=membership.org_id).active_admins()
    if not others.exclude(pk=membership.pk).exists():
        raise Conflict(
            f"{membership.person.email} is the only admin of {membership.org.slug}: make somebody else admin first.",
            code="last_admin",
        )


def _subject(membership: Membership) -> Subject:
    return Subject("member", str(membership.person_id), membership.person.email)


def _told(membership: Membership) -> dict[str, object]:
    return {"role": membership.role.slug, "own_roles": membership.own_role_slugs}
