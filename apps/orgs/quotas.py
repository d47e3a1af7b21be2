"""What an org may use: the one place where a limit is known and where it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from apps.orgs import sharing
from apps.orgs.models import ApiToken, Invitation, Membership, Org, OrgQuota, OrgRole
from apps.platform.errors import Conflict


class Quota(StrEnum):
    MEMBERS = "members"
    INVITATIONS = "invitations"
    ROLES = "roles"
    TOKENS = "tokens"
    SECRETS = "secrets"
    GRANTS = "grants"


DEFAULTS = {
    Quota.MEMBERS: 500,
    Quota.INVITATIONS: 200,
    Quota.ROLES: 100,
    Quota.TOKENS: 500,
    Quota.SECRETS: 200,
    Quota.GRANTS: 5_000,
}
HIGHEST = 1_000_000


@dataclass(frozen=True)
class Standing:
    """A quota as it is shown."""

    quota: Quota
    limit: int
    used: int | None

    @property
    def percent(self) -> int:
        return min(100, round(100 * (self.used or 0) / self.limit)) if self.limit else 100


def limit_of(org: Org, quota: Quota) -> int:
    stored = OrgQuota.objects.filter(org=org, key=quota).values_list("limit", flat=True).first()
    return DEFAULTS[quota] if stored is None else stored


def require_room(org: Org, quota: Quota, *, used: int | None = None) -> None:
    """For one more. The caller holds the org's lock where two at once could both find the last place."""
    used = _COUNTS[quota](org) if used is None else used
    limit = limit_of(org, quota)
    if used >= limit:
        raise Conflict(
            f"{org.slug} has used its quota of {limit} {quota}. Free some, or ask platform staff for more.",
            code="quota_exceeded",
            detail={"quota": quota.value, "limit": limit, "used": used},
        )


def standings(org: Org, *, secrets_used: int | None = None) -> list[Standing]:
    """`secrets` are counted by whoever can see them; their store may be elsewhere."""
    stored = dict(OrgQuota.objects.filter(org=org).values_list("key", "limit"))
    used = {quota: count(org) for quota, count in _COUNTS.items()} | {Quota.SECRETS: secrets_used}
    return [Standing(quota, stored.get(quota, DEFAULTS[quota]), used[quota]) for quota in Quota]


_COUNTS: dict[Quota, Callable[[Org], int]] = {
    Quota.MEMBERS: lambda org: Membership.objects.filter(org=org).count(),
    Quota.INVITATIONS: lambda org: Invitation.objects.filter(org=org, accepted_at=None, revoked_at=None).count(),
    Quota.ROLES: lambda org: OrgRole.objects.filter(org=org, is_system=False).count(),
    Quota.TOKENS: lambda org: ApiToken.objects.filter(membership__org=org, revoked_at=None).count(),
    Quota.GRANTS: lambda org: sum(
        kind.rows().filter(content_object__org=org, revoked_at=None).count() for kind in sharing.kinds()
    ),
}
