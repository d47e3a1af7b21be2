from __future__ import annotations

from django.db import IntegrityError, transaction

from apps.accounts.domain import checked_name
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs import quotas
from apps.orgs.domain import SystemRole
from apps.orgs.models import Org, OrgRole
from apps.orgs.quotas import Quota
from apps.orgs.services.organisations import check_slug
from apps.platform.errors import Conflict, Forbidden, Invalid


@transaction.atomic
def create_role(org: Org, *, slug: str, name: str, by: Actor) -> OrgRole:
    """A role of the org's own: it carries no rights until something is granted to it."""
    if slug in set(SystemRole):
        raise Invalid(f"`{slug}` is a role that every org has.", code="reserved_slug")
    check_slug(slug)
    Org.objects.select_for_update().get(pk=org.pk)
    quotas.require_room(org, Quota.ROLES)
    try:
        with transaction.atomic():
            role = OrgRole.objects.create(org=org, slug=slug, name=checked_name(name or slug))
    except IntegrityError:
        raise Conflict(f"{org.slug} has a role `{slug}` already.", code="slug_taken") from None
    audit.record("role.create", _subject(role), by=by, org_id=org.pk, after={"slug": slug, "name": role.name})
    return role


@transaction.atomic
def delete_role(role: OrgRole, *, by: Actor) -> None:
    """Whoever holds it loses what was granted to it."""
    if role.is_system:
        raise Forbidden("admin, writer and reader come with every org and stay.", code="system_role")
    holders = sorted(role.own_memberships.values_list("person__email", flat=True))
    audit.record("role.delete", _subject(role), by=by, org_id=role.org_id, before={"slug": role.slug, "holders": holders})
    role.delete()


def _subject(role: OrgRole) -> Subject:
    return Subject("role", str(role.pk), role.slug)
