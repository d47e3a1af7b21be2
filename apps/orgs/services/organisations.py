from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.accounts.domain import checked_name, normalise_email
from apps.accounts.models import Person
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs.domain import RESERVED_SLUGS, SystemRole
from apps.orgs.models import SLUG, Invitation, Membership, Org, OrgRole
from apps.orgs.services.invitations import invite
from apps.orgs.services.memberships import add_member, change_member, system_role
from apps.platform.errors import Conflict, Invalid


@transaction.atomic
def create_org(*, slug: str, name: str, admin_email: str, by: Actor, now: datetime) -> Org:
    """With its system roles and somebody who can invite the others: a member at once, or as soon as they sign in."""
    check_slug(slug)
    name = checked_name(name)
    try:
        with transaction.atomic():
            # Not ensure_org: of two who make it at once the second must not find the first's.
            Org.objects.create(slug=slug, name=name, created_at=now)
    except IntegrityError:
        raise Conflict(f"There is an org `{slug}` already; choose another slug.", code="slug_taken") from None
    org = ensure_org(slug=slug, name=name, now=now)
    admin_email = normalise_email(admin_email)
    after = {"slug": slug, "name": name, "first_admin": admin_email}
    audit.record("org.create", subject_of(org), by=by, org_id=org.pk, after=after)
    appoint_admin(org, email=admin_email, by=by, now=now)
    return org


@transaction.atomic
def appoint_admin(org: Org, *, email: str, by: Actor, now: datetime) -> Membership | Invitation:
    """For an org whose admins are none, or all switched off: where there is one, it is for them to say who else."""
    email = normalise_email(email)
    Org.objects.select_for_update().get(pk=org.pk)
    if org.memberships.active_admins().exists():
        raise Conflict(f"{org.slug} has an admin, who can make others admin.", code="has_admin")
    person = Person.objects.filter(email=email).first()
    if person is None:
        return invite(org, email=email, role=SystemRole.ADMIN, by=by, now=now)
    if not person.is_active:
        raise Conflict(f"The account of {email} is switched off: name somebody else.", code="person_switched_off")
    member = add_member(org, person, role=system_role(org, SystemRole.ADMIN), given_by=by.person_id, by=by, now=now)
    if member.role.slug != SystemRole.ADMIN:
        # A member before, as something else.
        member = change_member(member, role=SystemRole.ADMIN, by=by)
    return member


@transaction.atomic
def rename_org(org: Org, *, name: str, by: Actor) -> Org:
    org = Org.objects.select_for_update().get(pk=org.pk)
    before, org.name = org.name, checked_name(name)
    if org.name != before:
        org.save(update_fields=["name"])
        audit.record("org.rename", subject_of(org), by=by, org_id=org.pk, before={"name": before}, after={"name": org.name})
    return org


@transaction.atomic
def ensure_org(*, slug: str, name: str, now: datetime) -> Org:
    """The org with its system roles, made if it is not there. For seeds."""
    org, _ = Org.objects.get_or_create(slug=slug, defaults={"name": name, "created_at": now})
    for role in SystemRole:
        OrgRole.objects.get_or_create(org=org, slug=role.value, defaults={"is_system": True})
    return org


def subject_of(org: Org) -> Subject:
    return Subject("org", str(org.pk), org.slug)


def check_slug(slug: str) -> None:
    try:
        SLUG(slug)
    except ValidationError as error:
        raise Invalid(f"`{slug[:60]}` is not a slug: {error.messages[0]}", code="bad_slug") from None
    if slug in RESERVED_SLUGS:
        raise Invalid(f"`{slug}` is a word of Trace's own; choose another slug.", code="reserved_slug")
