"""What an org may use: the one place where a limit is known and where it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import timezone

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
    DAGS = "dags"
    TASKS = "tasks"
    TASKS_PER_HOUR = "tasks_per_hour"


DEFAULTS = {
    Quota.MEMBERS: 500,
    Quota.INVITATIONS: 200,
    Quota.ROLES: 100,
    Quota.TOKENS: 500,
    Quota.SECRETS: 200,
    Quota.GRANTS: 5_000,
    Quota.DAGS: 1_000,
    # Under way at once, and handed to a worker within an hour.
    Quota.TASKS: 500,
    Quota.TASKS_PER_HOUR: 500_000,
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


def require_room(org: Org, quota: Quota, *, used: int | None = None, now: datetime | None = None) -> None:
    """For one more. The caller holds the org's lock where two at once could both find the last place.

    What has expired by `now` takes no place.
    """
    used = _COUNTS[quota](org, now or timezone.now()) if used is None else used
    limit = limit_of(org, quota)
    if used >= limit:
        raise Conflict(
            f"{org.slug} has used its quota of {limit} {quota}. Free some, or ask platform staff for more.",
            code="quota_exceeded",
            detail={"quota": quota.value, "limit": limit, "used": used},
        )


def count_by(quota: Quota, count: Callable[[Org], int | None]) -> None:
    """Once, in `AppConfig.ready` of the app that has the things, a floor above. None: what counts them is not answering."""
    _counted_above[quota] = count


def standings(org: Org, *, now: datetime | None = None) -> list[Standing]:
    stored = dict(OrgQuota.objects.filter(org=org).values_list("key", "limit"))
    used: dict[Quota, int | None] = {quota: count(org, now or timezone.now()) for quota, count in _COUNTS.items()}
    used |= {quota: count(org) for quota, count in _counted_above.items()}
    return [Standing(quota, stored.get(quota, DEFAULTS[quota]), used[quota]) for quota in Quota]


_counted_above: dict[Quota, Callable[[Org], int | None]] = {}
_COUNTS: dict[Quota, Callable[[Org, datetime], int]] = {
    Quota.MEMBERS: lambda org, _: Membership.objects.filter(org=org).count(),
    Quota.INVITATIONS: lambda org, now: Invitation.objects.open(now=now).filter(org=org).count(),
    Quota.ROLES: lambda org, _: OrgRole.objects.filter(org=org, is_system=False).count(),
    Quota.TOKENS: lambda org, now: ApiToken.objects.usable(now=now).filter(membership__org=org).count(),
    Quota.GRANTS: lambda org, now: sum(
        kind.rows().live(now=now).filter(content_object__org=org).count() for kind in sharing.kinds()
    ),
}
