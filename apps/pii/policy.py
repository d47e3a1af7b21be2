"""Which columns somebody sees in the clear: what every query and preview will ask.

On top of the right to read the dataset, which is decided elsewhere. What is classified is closed until a living grant opens
it. Whoever reads the answer gets the reason with it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from apps.orgs import policy
from apps.orgs.models import Membership, Org, OrgRole, RoleHolding
from apps.orgs.policy import Action, Principal
from apps.pii.domain import ColumnDecision, Handling, Job, Mask, Outcome, folded
from apps.pii.models import ColumnClassification, PiiGrant, PiiGrantQuerySet

Asker = Principal | Job | OrgRole
# Of so short a value four characters would be most of it.
_SHORT = 8
_INSTEAD = {
    Mask.HASH: "a hash of the value comes instead",
    Mask.LAST_FOUR: "only its last four characters come",
    Mask.NULL: "NULL comes instead",
}

# From the least: what is refused has no mask.
_STRICTER = (Mask.LAST_FOUR, Mask.HASH, Mask.NULL, None)


def decide(org: Org, dataset: str, columns: Sequence[str], *, who: Asker, now: datetime) -> list[ColumnDecision]:
    """One answer for each column, in their order; at most three queries, however many columns."""
    names = [folded(column) for column in columns]
    classified = ColumnClassification.objects.filter(org=org, dataset=folded(dataset), column__in=set(names))
    known = {row.column: row for row in classified}
    grants = _living_grants(org, dataset, who=who, now=now) if known else []
    return [_decision(column, known.get(name), grants) for column, name in zip(columns, names, strict=True)]


@dataclass(frozen=True)
class Sight:
    """What somebody sees of data that is known under several names. `grants`: by name and column, those that opened something."""

    columns: Sequence[ColumnDecision]
    grants: Mapping[str, Mapping[str, UUID]]

    @property
    def closed(self) -> list[str]:
        return [one.column for one in self.columns if one.outcome is not Outcome.CLEAR]


def sight_of(org: Org, datasets: Iterable[str], columns: Sequence[str], *, who: Asker, now: datetime) -> Sight:
    """Of each column the strictest answer of all the names: data that is personal under one of them is so under each."""
    by_name = {name: decide(org, name, columns, who=who, now=now) for name in sorted(datasets)}
    strictest = [max(several, key=_strictness) for several in zip(*by_name.values(), strict=True)]
    seen = {one.column for one in strictest if one.outcome is Outcome.CLEAR}
    grants = {
        name: {one.column: one.grant_id for one in decided if one.grant_id and one.column in seen}
        for name, decided in by_name.items()
    }
    return Sight(strictest, {name: some for name, some in grants.items() if some})


def closed_to(org: Org, datasets: Collection[str], *, who: Asker, now: datetime) -> frozenset[str]:
    """Columns, folded, of which somebody gets nothing at all: their values need not even be read."""
    marked = ColumnClassification.objects.filter(org=org, dataset__in={folded(name) for name in datasets})
    columns = sorted(set(marked.values_list("column", flat=True)))
    found = sight_of(org, datasets, columns, who=who, now=now).columns
    return frozenset(one.column for one in found if one.outcome is Outcome.REFUSED or one.mask is Mask.NULL)


def _strictness(one: ColumnDecision) -> int:
    """Of what is in the clear, that which a grant opened: who saw it is written down."""
    if one.outcome is Outcome.CLEAR:
        return 1 if one.grant_id else 0
    return 2 + _STRICTER.index(one.mask)


def masked(org: Org, value: str | None, decision: ColumnDecision) -> str | None:
    """What comes instead of a value that is not for who asks."""
    if value is None or decision.outcome is Outcome.REFUSED:
        return None
    match decision.mask:
        case Mask.HASH:
            # With a key: of an e-mail or a phone number whoever knows the plain hash finds the value.
            key = f"{settings.SECRET_KEY}/pii/{org.pk}".encode()
            return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]
        case Mask.LAST_FOUR if len(value) > _SHORT:
            return f"…{value[-4:]}"
    return None


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
