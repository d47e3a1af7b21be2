"""Which columns somebody sees in the clear: what every query and preview will ask.

On top of the right to read the dataset, which is decided elsewhere. What is classified is closed until a living grant opens
it. Whoever reads the answer gets the reason with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.orgs import policy
from apps.orgs.models import Membership, Org, OrgRole, RoleHolding
from apps.orgs.policy import Action, Principal
from apps.pii.domain import ColumnDecision, Handling, Job, Mask, Outcome, folded
from apps.pii.models import ColumnClassification, PiiGrant, PiiGrantQuerySet

Asker = Principal | Job | OrgRole
_INSTEAD = {
    Mask.HASH: "a hash of the value comes instead",
    Mask.LAST_FOUR: "only its last four characters come",
    Mask.NULL: "NULL comes instead",
}


def decide(org: Org, dataset: str, columns: Sequence[str], *, who: Asker, now: datetime) -> list[ColumnDecision]:
    """One answer for each column, in their order; at most three queries, however many columns."""
    names = [folded(column) for column in columns]
    classified = ColumnClassification.objects.filter(org=org, dataset=folded(dataset), column__in=set(names))
    known = {row.column: row for row in classified}
    grants = _living_grants(org, dataset, who=who, now=now) if known else []
    return [_decision(column, known.get(name), grants) for column, name in zip(columns, names, strict=True)]


def concerning(membership: Membership) -> Q:
    """Grants to this member or to a role that somebody else gave them.

    Whoever left and came back starts without those to the person.
    """
    theirs = Q(person=membership.person_id, requested_at__gte=membership.created_at)
    # Else one admin alone could take a role that others were let see personal data with.
    own = RoleHolding.objects.filter(membership=membership).exclude(given_by=membership.person_id)
    theirs |= Q(role__in=own.values("role"))
    return theirs if membership.role_given_by_id == membership.person_id else theirs | Q(role=membership.role_id)


def roles_held(membership: Membership) -> set[UUID]:
    """Whoever gave them."""
    return {membership.role_id, *membership.holdings.values_list("role", flat=True)}


def _living_grants(org: Org, dataset: str, *, who: Asker, now: datetime) -> list[PiiGrant]:
    """The longest-lived first: it is the one to name."""
    reaching = _reaching(org, who)
    if reaching is None:
        return []
    grants: PiiGrantQuerySet = PiiGrant.objects.living(now=now).filter(reaching, org=org, dataset=folded(dataset))
    return list(grants.select_related("person", "role", "decided_by").order_by("-expires_at", "pk"))


def _reaching(org: Org, who: Asker) -> Q | None:
    if isinstance(who, Job):
        return Q(dag=who.dag, job=who.name)
    if isinstance(who, OrgRole):
        return Q(role=who)
    membership = who.membership_in(org)
    if membership is None:
        return None
    # Refuses who is switched off, and a token that is for another org.
    is_let_in = policy.can(Principal(who.person, who.token, membership), Action.PII_VIEW, org=org)
    return concerning(membership) if is_let_in else None


def _decision(column: str, classified: ColumnClassification | None, grants: Iterable[PiiGrant]) -> ColumnDecision:
    if classified is None:
        return ColumnDecision(column, Outcome.CLEAR, None, "It is not classified as personal data.")
    grant = next((grant for grant in grants if grant.covers(classified.column)), None)
    if grant:
        return ColumnDecision(column, Outcome.CLEAR, None, _why_clear(grant), grant.pk)
    nobody = f"It is classified as {classified.kind.replace('_', ' ')}, and no living grant opens it"
    if classified.handling == Handling.REFUSE:
        return ColumnDecision(column, Outcome.REFUSED, None, f"{nobody}: a query that reads it is refused.")
    mask = Mask(classified.mask)
    return ColumnDecision(column, Outcome.MASKED, mask, f"{nobody}: {_INSTEAD[mask]}.")


def _why_clear(grant: PiiGrant) -> str:
    approver = grant.decided_by.email if grant.decided_by else "nobody"
    return f"Grant to {grant.grantee} until {grant.expires_at:%Y-%m-%d %H:%M} UTC, approved by {approver}, for: {grant.purpose}"
