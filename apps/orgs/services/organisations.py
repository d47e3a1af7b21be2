from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.domain import checked_name
from apps.accounts.models import Person
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs.domain import RESERVED_SLUGS, SystemRole
from apps.orgs.models import SLUG, Membership, Org, OrgRole
from apps.platform.errors import Conflict, Invalid


@transaction.atomic
def create_org(*, slug: str, name: str, first_admin: Person, by: Actor, now: datetime) -> Org:
    """With its system roles and somebody who can invite the others."""
    check_slug(slug)
    name = checked_name(name)
    if Org.objects.filter(slug=slug).exists():
        raise Conflict(f"There is an org `{slug}` already; choose another slug.", code="slug_taken")
    org = ensure_org(slug=slug, name=name, now=now)
    Membership.objects.create(org=org, person=first_admin, role=org.roles.get(slug=SystemRole.ADMIN), created_at=now)
    after = {"slug": slug, "name": name, "first_admin": first_admin.email}
    audit.record("org.create", subject_of(org), by=by, org_id=org.pk, after=after)
    return org


@transaction.atomic
def rename_org(org: Org, *, name: str, by: Actor) -> Org:
    org = Org.objects.select_for_update().get(pk=org.pk)
    before, org.name = org.name, checked_name(name)
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
