"""Every change to orgs, memberships and tokens."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.models import Person
from apps.orgs.domain import SystemRole, token_digest
from apps.orgs.models import ApiToken, Membership, Org, OrgRole


@transaction.atomic
def ensure_org(*, slug: str, name: str, now: datetime) -> Org:
    """The org with its system roles, made if it is not there."""
    org, _ = Org.objects.get_or_create(slug=slug, defaults={"name": name, "created_at": now})
    for role in SystemRole:
        OrgRole.objects.get_or_create(org=org, slug=role.value, defaults={"is_system": True})
    return org


@transaction.atomic
def ensure_membership(org: Org, person: Person, *, role: str, now: datetime) -> Membership:
    """The person is a member in that role afterwards; an org's own role is made if it is not there."""
    org_role, _ = OrgRole.objects.get_or_create(org=org, slug=role)
    membership, created = Membership.objects.get_or_create(org=org, person=person, defaults={"role": org_role, "created_at": now})
    if not created and membership.role_id != org_role.id:
        membership.role = org_role
        membership.save(update_fields=["role"])
    return membership


def ensure_api_token(membership: Membership, *, name: str, token: str, now: datetime) -> ApiToken:
    """The token of that name is this one afterwards: the demo's tokens are made outside and written to stack.json."""
    saved, _ = ApiToken.objects.update_or_create(
        membership=membership,
        name=name,
        defaults={"digest": token_digest(token), "revoked_at": None, "expires_at": None},
        create_defaults={"digest": token_digest(token), "created_at": now},
    )
    return saved
