"""What may be seen of classifications and grants. Every read takes the org, and the grants' take who asks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.accounts.models import Person
from apps.audit import selectors as audit
from apps.audit.models import Record
from apps.orgs import policy as orgs_policy
from apps.orgs import selectors as orgs
from apps.orgs.models import Membership, Org, OrgRole, RoleHolding
from apps.orgs.policy import Action, Principal
from apps.pii.domain import COLUMN, Job, folded, job_of
from apps.pii.models import ColumnClassification, PiiGrant, PiiGrantQuerySet
from apps.pii.policy import Asker, concerning
from apps.platform.errors import BadInput, NotFound

Grantee = Person | OrgRole | Job
MOST_COLUMNS, MOST_HISTORY = 1000, 50


def classifications_of(org: Org, *, dataset: str = "") -> QuerySet[ColumnClassification]:
    rows = ColumnClassification.objects.filter(org=org).select_related("classified_by")
    return (rows.filter(dataset=folded(dataset)) if dataset else rows).order_by("dataset", "column")


def find_classification(org: Org, dataset: str, column: str) -> ColumnClassification | None:
    return classifications_of(org, dataset=dataset).filter(column=folded(column)).first()


def get_classification(org: Org, dataset: str, column: str) -> ColumnClassification:
    found = find_classification(org, dataset, column)
    if found is None:
        raise NotFound(f"`{column[:60]}` of `{dataset[:60]}` is not classified.", code="pii_not_classified")
    return found


def get_classified(org: Org, classification_id: UUID) -> ColumnClassification:
    found = classifications_of(org).filter(pk=classification_id).first()
    if found is None:
        raise NotFound("There is no such classification in this org.", code="pii_not_classified")
    return found


def history_of(org: Org) -> QuerySet[Record]:
    """What was said of columns, newest first, by whom: also of those that are no longer classified."""
    return audit.records_of(org.pk, filters={"object_kind": COLUMN})[:MOST_HISTORY]


def classified_datasets(org: Org) -> list[str]:
    return list(classifications_of(org).order_by("dataset").values_list("dataset", flat=True).distinct())


def unclassified(org: Org, dataset: str, columns: Iterable[str]) -> set[str]:
    known = classifications_of(org, dataset=dataset).values_list("column", flat=True)
    return set(columns) - set(known)


def grants_of(org: Org, *, who: Principal) -> PiiGrantQuerySet:
    """Everybody's for who may see them all; else those that one asked for, or that let one in. Newest first."""
    grants = PiiGrant.objects.filter(org=org)
    if not orgs_policy.can(who, Action.PII_VIEW_ALL, org=org):
        membership = who.membership_in(org)
        grants = grants.filter(Q(requested_by=who.person) | concerning(membership)) if membership else grants.none()
    return _with_people(grants).order_by("-pk")


def to_decide(org: Org, *, who: Principal, now: datetime) -> PiiGrantQuerySet:
    """Requests that this admin may approve: not their own, and not for them or a role of theirs."""
    membership = who.membership_in(org)
    if membership is None or not orgs_policy.can(who, Action.PII_APPROVE, org=org):
        return PiiGrant.objects.none()
    held = RoleHolding.objects.filter(membership=membership).values("role")
    concerned = Q(requested_by=who.person) | Q(person=who.person) | Q(role=membership.role_id) | Q(role__in=held)
    return PiiGrant.objects.waiting(now=now).filter(org=org).exclude(concerned)


def get_grant(org: Org, grant_id: UUID, *, who: Principal) -> PiiGrant:
    grant = grants_of(org, who=who).filter(pk=grant_id).first()
    if grant is None:
        raise NotFound("There is no such grant in this org, or it does not concern you.", code="unknown_pii_grant")
    return grant


def is_member(org: Org, person_id: UUID, *, since: datetime) -> bool:
    """Now, and since then without a break."""
    there = Membership.objects.filter(org=org, person=person_id, person__is_active=True)
    return there.filter(created_at__lte=since).exists()


def grantee_of(org: Org, *, person: UUID | str | None, role: str, dag: str, job: str) -> Grantee | None:
    """The one that is named; None if none is."""
    if sum((person is not None, bool(role), bool(dag or job))) > 1:
        raise BadInput("Name one of a person, a role, and a job with its DAG.", code="pii_one_grantee")
    if person is not None:
        return orgs.find_member(org, str(person)).person
    if role:
        return orgs.get_role(org, role)
    return job_of(dag, job) if dag or job else None


def asker_of(org: Org, grantee: Grantee | None, *, asked_by: Principal) -> tuple[str, Asker]:
    """Whose view is explained, in a word and for the policy. Of anybody but oneself only to who may see everybody's grants."""
    if grantee is None or grantee == asked_by.person:
        return asked_by.person.email, asked_by
    orgs_policy.require(asked_by, Action.PII_VIEW_ALL, org=org)
    if isinstance(grantee, Person):
        return grantee.email, Principal(grantee)
    return (f"role {grantee.slug}", grantee) if isinstance(grantee, OrgRole) else (f"job {grantee.dag}.{grantee.name}", grantee)


def columns_asked(org: Org, dataset: str, text: str) -> list[str]:
    """Names with commas between; none means every classified one."""
    named = [column.strip() for column in text.split(",") if column.strip()]
    if len(named) > MOST_COLUMNS:
        raise BadInput(f"Ask for at most {MOST_COLUMNS} columns at once.", code="pii_too_many_columns")
    return named or list(classifications_of(org, dataset=dataset).values_list("column", flat=True))


def at_stage(grants: PiiGrantQuerySet, stage: str, *, now: datetime) -> PiiGrantQuerySet:
    match stage:
        case "":
            return grants
        case "waiting":
            return grants.waiting(now=now)
        case "living":
            return grants.living(now=now)
        case "ended":
            return grants.ended(now=now)
    raise BadInput("`stage` is waiting, living or ended.", code="bad_filter")


def letting_in(org: Org, dataset: str, columns: Iterable[str], *, now: datetime) -> PiiGrantQuerySet:
    """Every living grant that opens one of these columns: who may see them."""
    living = _with_people(PiiGrant.objects.living(now=now).filter(org=org, dataset=folded(dataset)))
    return living.filter(Q(columns=None) | Q(columns__overlap=[folded(column) for column in columns])).order_by("expires_at")


def _with_people(grants: PiiGrantQuerySet) -> PiiGrantQuerySet:
    """`is_idle`: a living grant that lets nobody in, because its person has left or is switched off."""
    there = Membership.objects.filter(
        org=OuterRef("org"), person=OuterRef("person"), person__is_active=True, created_at__lte=OuterRef("requested_at")
    )
    return grants.select_related("person", "role", "requested_by", "decided_by", "revoked_by").annotate(
        is_idle=Q(person__isnull=False) & ~Exists(there)
    )
