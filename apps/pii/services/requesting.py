from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.models import Person
from apps.audit import services as audit
from apps.audit.domain import Actor
from apps.orgs import policy
from apps.orgs.domain import SystemRole
from apps.orgs.models import Org, OrgRole
from apps.orgs.policy import Action, Principal
from apps.pii import selectors
from apps.pii.domain import State, Wish
from apps.pii.models import PiiGrant
from apps.pii.selectors import Grantee
from apps.pii.services.grants import closed, lock, subject_of
from apps.platform.errors import Conflict, Forbidden, Invalid


@transaction.atomic
def request_grant(org: Org, wish: Wish, grantee: Grantee, *, who: Principal, by: Actor, now: datetime) -> PiiGrant:
    """Any member for themself; for somebody else, a role or a job only who may ask for others."""
    action = Action.PII_REQUEST if grantee == who.person else Action.PII_REQUEST_FOR_OTHERS
    policy.require(who, action, org=org)
    named = _named(org, grantee, now=now)
    _check_columns(org, wish)
    # So that of a request that is sent twice at once the second sees the first.
    Org.objects.select_for_update().get(pk=org.pk)
    same = PiiGrant.objects.waiting(now=now).filter(org=org, dataset=wish.dataset, requested_by=who.person.pk, **named)
    if any(_columns(grant) == wish.columns for grant in same):
        raise Conflict("You have asked for this already, and nobody has decided yet.", code="pii_already_asked")
    grant = PiiGrant.objects.create(
        org=org, dataset=wish.dataset, columns=None if wish.columns is None else list(wish.columns), purpose=wish.purpose,
        requested_by_id=who.person.pk, requested_at=now, expires_at=wish.expires_at, **named,
    )  # fmt: skip
    after = {
        "grantee": grant.grantee, "dataset": grant.dataset, "columns": grant.columns, "purpose": grant.purpose,
        "expires_at": grant.expires_at.isoformat(),
    }  # fmt: skip
    audit.record("pii.request", subject_of(grant), by=by, org_id=org.pk, after=after)
    return grant


@transaction.atomic
def withdraw(grant: PiiGrant, *, by: Actor, now: datetime) -> PiiGrant:
    """By who asked, while nobody has decided."""
    grant = lock(grant)
    if grant.requested_by_id != by.person_id:
        raise Forbidden("Only who asked withdraws a request; an admin refuses it.", code="pii_not_yours")
    if grant.state_at(now) != State.WAITING:
        raise closed(grant, now=now)
    grant.withdrawn_at = now
    grant.save(update_fields=["withdrawn_at"])
    audit.record(
        "pii.withdraw", subject_of(grant), by=by, org_id=grant.org_id,
        before={"state": State.WAITING.value}, after={"state": State.WITHDRAWN.value},
    )  # fmt: skip
    return grant


def _named(org: Org, grantee: Grantee, *, now: datetime) -> dict[str, object]:
    """The grantee's columns, once it is sure that they are of this org."""
    if isinstance(grantee, Person):
        if not selectors.is_member(org, grantee.pk, since=now):
            raise Invalid(f"{grantee.email} is not an active member of {org.slug}: invite them first.", code="pii_not_a_member")
        return {"person_id": grantee.pk}
    if isinstance(grantee, OrgRole):
        if grantee.org_id != org.pk:
            raise Invalid(f"The role {grantee.slug} is not one of {org.slug}.", code="unknown_role")
        if grantee.slug == SystemRole.ADMIN:
            raise Invalid(
                "Only admins decide, and none on what is for them: ask for each admin by name.", code="pii_role_decides"
            )
        return {"role_id": grantee.pk, "role_slug": grantee.slug}
    return {"dag": grantee.dag, "job": grantee.name}


def _check_columns(org: Org, wish: Wish) -> None:
    if wish.columns is None:
        if not selectors.classifications_of(org, dataset=wish.dataset).exists():
            raise Invalid(f"`{wish.dataset}` has no classified column: nothing of it needs a grant.", code="pii_not_classified")
    elif missing := selectors.unclassified(org, wish.dataset, wish.columns):
        names = ", ".join(sorted(missing))
        raise Invalid(f"Not classified in `{wish.dataset}`, so without need of a grant: {names}.", code="pii_not_classified")


def _columns(grant: PiiGrant) -> tuple[str, ...] | None:
    return None if grant.columns is None else tuple(grant.columns)
