"""Hosts outside of Trace that an org takes data from, or sends some to: each is an admin's decision."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs.domain import HostPurpose
from apps.orgs.models import ApprovedHost, Org
from apps.platform.errors import Invalid
from apps.platform.hosts import as_host


@transaction.atomic
def approve_host(org: Org, *, host: str, purpose: str, by: Actor, now: datetime) -> ApprovedHost:
    """Again: nothing, whoever approved it first."""
    written = as_host(host)
    if not written:
        raise Invalid(
            "A host is a name like feeds.example.com, with :port where that is not 443; no address, no path and no number.",
            code="bad_host",
        )
    if purpose not in set(HostPurpose):
        raise Invalid(f"A host is approved for {' or '.join(HostPurpose)}.", code="bad_purpose")
    approved, is_new = ApprovedHost.objects.get_or_create(
        org=org, host=written, purpose=purpose, defaults={"approved_by_id": by.person_id, "approved_at": now}
    )
    if is_new:
        audit.record("host.approve", _subject(approved), by=by, org_id=org.pk, after={"purpose": purpose})
    return approved


@transaction.atomic
def withdraw_host(approved: ApprovedHost, *, by: Actor) -> None:
    """The next fetch from there, or delivery to it, is refused."""
    audit.record("host.withdraw", _subject(approved), by=by, org_id=approved.org_id, before={"purpose": approved.purpose})
    approved.delete()


def _subject(approved: ApprovedHost) -> Subject:
    return Subject("host", str(approved.pk), approved.host)
