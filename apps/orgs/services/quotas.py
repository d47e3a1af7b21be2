from __future__ import annotations

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs.models import Org, OrgQuota
from apps.orgs.quotas import HIGHEST, Quota, limit_of
from apps.platform.errors import Invalid


@transaction.atomic
def change_quota(org: Org, *, quota: str, limit: int, by: Actor) -> None:
    """By platform staff. Below what is used refuses what comes next and takes nothing away."""
    if quota not in set(Quota):
        raise Invalid(f"There is no quota `{quota[:40]}`.", code="unknown_quota")
    if not 0 <= limit <= HIGHEST:
        raise Invalid(f"A quota is between 0 and {HIGHEST:,}.", code="bad_limit")
    Org.objects.select_for_update().get(pk=org.pk)
    before = limit_of(org, Quota(quota))
    OrgQuota.objects.update_or_create(org=org, key=quota, defaults={"limit": limit})
    if limit != before:
        told = {"before": {"limit": before}, "after": {"limit": limit}}
        audit.record("quota.change", Subject("quota", quota, quota), by=by, org_id=org.pk, **told)
