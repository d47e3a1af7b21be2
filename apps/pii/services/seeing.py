from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs.models import Org


@transaction.atomic
def tell_seen(org: Org, dataset: str, grants: Mapping[str, UUID], *, by: Actor) -> None:
    """Who saw which personal data in the clear, and by which grants: in the log of the org whose it is."""
    seen = {"dataset": dataset, "columns": sorted(grants), "grants": sorted({str(one) for one in grants.values()})}
    audit.record("pii.see", Subject("pii_dataset", dataset, dataset), by=by, org_id=org.pk, after=seen)
