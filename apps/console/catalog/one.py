"""One dataset of an org: what it is, who sees it and why, what happened to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet

from apps.audit import selectors as audit
from apps.audit.models import Record
from apps.dags.models import Dag
from apps.datasets.domain import Column
from apps.datasets.models import Dataset
from apps.orgs import policy
from apps.orgs import selectors as orgs
from apps.orgs.domain import Level, Visibility
from apps.orgs.models import Membership, Org
from apps.orgs.policy import Action, Decision, Principal
from apps.orgs.sharing import ObjectGrant, kind_of
from apps.pii.models import ColumnClassification
from apps.pii.selectors import classifications_of
from apps.platform.errors import NotFound

MOST_GRANTS, MOST_TO_ASK, MOST_RECORDS = 100, 5, 100
# What anybody who sees a dataset may know of its past; to whom it was granted is for those who may read the audit log.
_OPEN_ACTIONS = (
    "dataset.create",
    "dataset.publish",
    "dataset.withdraw",
    "dataset.invalidate",
    "dataset.backfill",
    "dataset.rows_moved",
    "visibility.change",
)


@dataclass(frozen=True)
class MarkedColumn:
    column: Column
    mark: ColumnClassification | None


@dataclass(frozen=True)
class Way:
    """One way in: whom it lets in, and why."""

    whom: str
    because: str
    until: datetime | None = None
    is_yours: bool = False


def get_dataset(org: Org, name: str) -> Dataset:
    found = Dataset.objects.of(org).filter(name=name.replace("\0", "")).select_related("org", "owner", "visible_to").first()
    if found is None:
        raise NotFound(f"There is no dataset `{name[:128]}` in this org.", code="unknown_dataset")
    return found


def dags_seen(org: Org, who: Principal, *, now: datetime) -> QuerySet[Dag]:
    return policy.visible(Dag.objects.of(org), who, now=now)


def schema_of(dataset: Dataset) -> list[MarkedColumn]:
    """What the DAG says, and below it what is classified and the DAG does not mention."""
    marks = {one.column: one for one in classifications_of(dataset.org, dataset=dataset.name)}
    known = dataset.schema
    others = marks.keys() - {column.name.lower() for column in known}
    columns = [*known, *(Column(name) for name in sorted(others))]
    return [MarkedColumn(column, marks.get(column.name.lower())) for column in columns]


def to_ask(dataset: Dataset) -> list[Membership]:
    """Admins of its org: they grant, the owner only recommends."""
    return list(orgs.admins_of(dataset.org)[:MOST_TO_ASK])


def ways_in(dataset: Dataset, who: Principal, access: Decision, *, now: datetime) -> list[Way]:
    """The asker's own is marked: `access` is theirs. Grants are told to those only who may see them."""
    ways = list(_open_ways(dataset))
    ways = [replace(way, is_yours=way.because == access.because) for way in ways]
    if not any(way.is_yours for way in ways):
        ways.append(Way(who.person.email, access.because, is_yours=True))
    if policy.can(who, Action.GRANTS_VIEW, org=dataset.org):
        ways += [_granted(grant) for grant in _grants(dataset, now=now)]
    return ways


def _open_ways(dataset: Dataset) -> Iterator[Way]:
    """In the words of the policy's own rules."""
    yield Way(f"Admins of {dataset.org.name}", "An admin of its org may do everything with it.")
    if dataset.owner:
        yield Way(dataset.owner.email, "It is their own.")
    if dataset.visibility == Visibility.ORG:
        yield Way(f"Everybody in {dataset.org.name}", "It is open to everybody in its org.")
    if dataset.visibility == Visibility.ROLE and dataset.visible_to:
        yield Way(f"The role {dataset.visible_to.slug}", "It is open to a role that they hold.")


def _grants(dataset: Dataset, *, now: datetime) -> list[ObjectGrant]:
    (rows,) = orgs.grants_of(dataset.org, kind=kind_of(Dataset).key, thing_id=dataset.pk, now=now)
    return list(rows.order_by("pk")[:MOST_GRANTS])


def _granted(grant: ObjectGrant) -> Way:
    kind, name = grant.grantee_words
    whom = name if kind == "person" else f"The {kind} {name}"
    return Way(whom, f"Granted to {grant.level}: {grant.purpose}", grant.expires_at)


def may_change(dataset: Dataset, who: Principal, *, now: datetime) -> bool:
    if not policy.can(who, Action.DATASETS_CHANGE, org=dataset.org):
        return False
    return bool(policy.can_reach(who, Level.CHANGE, dataset, now=now))


def access_of(dataset: Dataset, who: Principal, *, now: datetime) -> Decision:
    return policy.can_reach(who, Level.VIEW, dataset, now=now)


def records_of(dataset: Dataset, who: Principal, *, now: datetime) -> list[Record]:
    """Newest first."""
    filters: Mapping[str, str] = {"object_kind": kind_of(Dataset).key, "object_id": str(dataset.pk)}
    rows = audit.records_of(dataset.org_id, filters=filters)
    if policy.can(who, Action.AUDIT_VIEW, org=dataset.org):
        return list(rows[:MOST_RECORDS])
    return _without_hidden_dags(dataset.org, list(rows.filter(action__in=_OPEN_ACTIONS)[:MOST_RECORDS]), who, now=now)


def _without_hidden_dags(org: Org, records: list[Record], who: Principal, *, now: datetime) -> list[Record]:
    """Which DAG published it is told to those only who see the DAG."""
    told = {said["dag"] for one in records for said in (one.before, one.after) if said and "dag" in said}
    known = set(dags_seen(org, who, now=now).filter(name__in=told).values_list("name", flat=True))
    for one in records:
        if {said["dag"] for said in (one.before, one.after) if said and "dag" in said} - known:
            one.before = one.after = None
    return records
