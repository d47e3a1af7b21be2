"""The domains that an org has shown to own: an address there lets somebody in at the first single sign-on."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from apps.accounts.domain import normalise_domain
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs.models import Org, VerifiedDomain
from apps.orgs.services.memberships import system_role
from apps.platform.domains import is_everybodys
from apps.platform.errors import Conflict, Invalid


@transaction.atomic
def verify_domain(org: Org, *, domain: str, role: str, by: Actor, now: datetime) -> VerifiedDomain:
    """By platform staff, who have seen that it is the org's. Again, with another role: the role of who joins from now on."""
    domain, given = normalise_domain(domain), system_role(org, role)
    if is_everybodys(domain):
        raise Invalid(
            f"Anybody can get an address at {domain}, so it is no org's: invite people one by one.", code="public_domain"
        )
    Org.objects.select_for_update().get(pk=org.pk)
    known = VerifiedDomain.objects.select_related("role").filter(org=org, domain=domain).first()
    before = {"role": known.role.slug} if known else None
    if known and known.role_id == given.pk:
        return known
    if known:
        known.role = given
        known.save(update_fields=["role"])
    verified = known or _created(VerifiedDomain(org=org, domain=domain, role=given, created_at=now))
    audit.record("domain.verify", _subject(verified), by=by, org_id=org.pk, before=before, after={"role": role})
    return verified


@transaction.atomic
def forget_domain(verified: VerifiedDomain, *, by: Actor) -> None:
    """Nobody joins by it any more; who has joined stays."""
    before = {"role": verified.role.slug}
    audit.record("domain.forget", _subject(verified), by=by, org_id=verified.org_id, before=before)
    verified.delete()


def _created(verified: VerifiedDomain) -> VerifiedDomain:
    """The database decides: of two orgs at once one gets it."""
    try:
        with transaction.atomic():
            verified.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            f"{verified.domain} is verified for another org; it has to be forgotten there first.", code="domain_taken"
        ) from None
    return verified


def _subject(verified: VerifiedDomain) -> Subject:
    return Subject("domain", verified.domain, verified.domain)
