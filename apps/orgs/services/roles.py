from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError, transaction

from apps.accounts.domain import checked_name
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs import quotas, sharing
from apps.orgs.domain import SystemRole
from apps.orgs.models import Org, OrgRole
from apps.orgs.quotas import Quota
from apps.orgs.services.organisations import check_slug
from apps.platform.errors import Conflict, Forbidden, Invalid

_checks: list[Callable[[OrgRole], None]] = []


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
    """Whoever holds it loses what was granted to it. What the floors above still need it for refuses."""
    if role.is_system:
        raise Forbidden("admin, writer and reader come with every org and stay.", code="system_role")
    # So that nobody asks for something for the role in between.
    Org.objects.select_for_update().get(pk=role.org_id)
    for check in _checks:
        check(role)
    audit.record("role.delete", _subject(role), by=by, org_id=role.org_id, before=_told(role))
    role.delete()


def check_before_deleting(check: Callable[[OrgRole], None]) -> None:
    """Once, in `AppConfig.ready`; `check` raises where the role must stay."""
    if check not in _checks:
        _checks.append(check)


def _told(role: OrgRole) -> dict[str, object]:
    """With all that ends or closes with it."""
    given, shown = [], []
    for kind in sharing.kinds():
        rows = kind.rows().filter(role=role, revoked_at=None).select_related("content_object", "permission")
        given += [grant.what for grant in rows]
        shown += [f"{kind.key} {thing}" for thing in kind.things().filter(visible_to=role)]
    holders = sorted(role.own_memberships.values_list("person__email", flat=True))
    return {"slug": role.slug, "holders": holders, "grants": given, "visible": shown}


def _subject(role: OrgRole) -> Subject:
    return Subject("role", str(role.pk), role.slug)
