from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, reduce
from operator import or_
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from apps.datasets.domain import PLATFORM_ORG, Storage
from apps.datasets.models import AccessRequest, AccessRequestQuerySet, Dataset, DatasetGrant, Output, Pointer, Producer, Version
from apps.orgs import policy
from apps.orgs.domain import Visibility
from apps.orgs.models import Membership, Org
from apps.orgs.policy import Action, Principal
from apps.platform.errors import NotFound

# Enough to guess from, however many an org has.
_MOST_NEAR = 200
_MOST_GUESSED = 20


def datasets_of(org: Org) -> QuerySet[Dataset]:
    return Dataset.objects.of(org)


def datasets_called(org: Org, names: Collection[str]) -> dict[str, Dataset]:
    """Those that the org can name: its own, and where it has none of the name an open one of the platform's."""
    rows = _nameable(org).filter(name__in=names).select_related("org").prefetch_related("producers")
    return {row.name: row for row in sorted(rows, key=lambda row: row.org_id == org.pk)}


def from_elsewhere(org: Org, *, now: datetime) -> list[QuerySet[Dataset]]:
    """Of other orgs what this one may read: the platform's open ones, and what else is shared with it. In two, each of which finds
    its own by an index, where one condition for both reads all that there is.
    """
    # Asked for first: of an org that it knows, the database knows how little it has; with any other it reads all that there is.
    platform = Org.objects.filter(slug=PLATFORM_ORG).first()
    is_open = Q(org=platform, visibility=Visibility.ORG)
    grants = DatasetGrant.objects.live(now=now).filter(org=org)
    shared = Dataset.objects.filter(pk__in=Dataset.objects.filter(grants__in=grants).values("pk"))
    return [Dataset.objects.filter(is_open).exclude(org=org), shared.exclude(org=org).exclude(is_open)]


def readable_elsewhere(org: Org, *, now: datetime) -> QuerySet[Dataset]:
    """All of those in one, for who looks for some of them by something else."""
    return Dataset.objects.filter(reduce(or_, (Q(pk__in=rows.values("pk")) for rows in from_elsewhere(org, now=now))))


def find_readable(org: Org, name: str, *, now: datetime) -> Dataset:
    """By its name in one's own org first, then the platform's, then what is shared; `org.name` says of which. Whether somebody may
    read it is another question.
    """
    slug, _, plain = name.replace("\0", "").rpartition(".")
    own = _called(Dataset.objects.of(org), plain).first() if slug in {"", org.slug} else None
    if own is None and slug != org.slug:
        of = {"org__slug": slug} if slug else {}
        others = [one for rows in from_elsewhere(org, now=now) for one in _called(rows, plain).filter(**of)]
        own = min(others, key=lambda one: (one.org.slug != PLATFORM_ORG, one.org.slug), default=None)
    if own is None:
        raise NotFound(f"There is no dataset `{name[:128]}` that this org can read.", code="unknown_dataset")
    return own


def _called(rows: QuerySet[Dataset], name: str) -> QuerySet[Dataset]:
    return rows.filter(name=name).select_related("org", "owner", "visible_to")


def names_near(org: Org, given: Iterable[str]) -> set[str]:
    """That begin or end as one of the given does."""
    guessed = sorted(given)[:_MOST_GUESSED]
    if not guessed:
        return set()
    alike = reduce(or_, (Q(name__startswith=name[:2]) | Q(name__endswith=name[-3:]) for name in guessed))
    return set(_nameable(org).filter(alike).values_list("name", flat=True)[:_MOST_NEAR])


def _nameable(org: Org) -> QuerySet[Dataset]:
    return Dataset.objects.filter(Q(org=org) | Q(org__slug=PLATFORM_ORG, visibility=Visibility.ORG))


def are_kept(dag_id: UUID, jobs: Collection[str]) -> bool:
    """Whether anything is committed of them that readers get, and that another version would have to make first."""
    kept = Output.objects.filter(dag_id=dag_id, job__in=jobs, storage=Storage.S3)
    return kept.filter(current__partitions__gt=0).exists()


def are_purged(dag_version_id: UUID, jobs: Collection[str]) -> bool:
    """Whether anything that the version of a DAG is made of, and that these jobs make, was given up."""
    return Pointer.objects.filter(
        dag_version_id=dag_version_id, version__purged_at__isnull=False, version__output__job__in=jobs
    ).exists()


def made_of_the_same(dag_version_id: UUID, jobs: Collection[str]) -> dict[UUID, set[str]]:
    """By versions of the DAG, itself too: which of these jobs have made for them just what they have made for this one."""
    own = Pointer.objects.filter(dag_version_id=dag_version_id, version__output__job__in=jobs).values("version")
    found: dict[UUID, set[str]] = {}
    for version_id, job in Pointer.objects.filter(version__in=own).values_list("dag_version_id", "version__output__job"):
        found.setdefault(version_id, set()).add(job)
    return found


# Blocks that ranges cover, and how many other keys there are, before and after.
_LOST = """
SELECT o.dag || '.' || o.job || '[' || o.number || ']', held.blocks, coming.blocks, held.keys, coming.keys
FROM datasets_pointer AS p JOIN datasets_version AS v ON v.id = p.version_id
JOIN datasets_output AS o ON o.id = v.output_id AND o.dag_id = %(dag_id)s AND o.current_id <> v.id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(range_end - range_start + 1), 0)::numeric AS blocks, count(*) FILTER (WHERE range_start IS NULL) AS keys
    FROM datasets_partition WHERE version_id = o.current_id AND superseded_at IS NULL AND committed_at < %(before)s
) AS held
CROSS JOIN LATERAL (
    SELECT coalesce(sum(range_end - range_start + 1), 0)::numeric AS blocks, count(*) FILTER (WHERE range_start IS NULL) AS keys
    FROM datasets_partition WHERE version_id = v.id AND superseded_at IS NULL
) AS coming
WHERE p.dag_version_id = %(dag_version_id)s AND (coming.blocks < held.blocks OR coming.keys < held.keys) ORDER BY 1
"""


def pieces_lost(dag_id: UUID, dag_version_id: UUID, *, before: datetime) -> list[str]:
    """Of outputs of which the version holds less than readers get of what was committed before, in words."""
    with connection.cursor() as cursor:
        cursor.execute(_LOST, {"dag_id": dag_id, "dag_version_id": dag_version_id, "before": before})
        return [
            f"{name} has {coming:,} of {held:,} blocks"
            if coming < held
            else f"{name} has {keys_coming:,} of {keys_held:,} partitions"
            for name, held, coming, keys_held, keys_coming in cursor.fetchall()
        ]


# Ranges that nothing is committed of, between the first and the last; of each stretch that is looked at with the ranges on both
# sides of it. Reads index partition_range, and no row.
_GAPS = """
SELECT following, range_start - 1 FROM unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) AS s(first, last)
CROSS JOIN LATERAL (
    SELECT range_start, lag(range_end) OVER (ORDER BY range_start) + 1 AS following FROM datasets_partition
    WHERE version_id = %(version_id)s AND superseded_at IS NULL AND range_start BETWEEN coalesce((
        SELECT max(range_start) FROM datasets_partition WHERE version_id = %(version_id)s AND superseded_at IS NULL AND range_start < s.first
    ), s.first) AND coalesce((
        SELECT min(range_start) FROM datasets_partition WHERE version_id = %(version_id)s AND superseded_at IS NULL AND range_start > s.last
    ), s.last)
) AS ranges
WHERE following < range_start ORDER BY following LIMIT %(most)s
"""
_EVERYWHERE = ((0, 2**63 - 1),)
# Of ranges that hold each other whole: partitions of a version do not overlap otherwise. Uses index partition_range.
_HELD = """
SELECT key, rows, size_bytes FROM datasets_partition
WHERE version_id = %(version_id)s AND superseded_at IS NULL AND (
    key = ANY(%(keys)s::text[]) OR range_start IS NOT NULL AND numrange(range_start, range_end, '[]') && %(ranges)s::nummultirange
)
"""


@dataclass(frozen=True)
class Held:
    """Committed pieces of a version."""

    keys: frozenset[str]
    rows: int
    size_bytes: int


def gaps_of(version: Version, *, most: int, within: Sequence[tuple[int, int]] = _EVERYWHERE) -> list[tuple[int, int]]:
    """`within`: stretches that lie apart."""
    given = {"firsts": [first for first, _ in within], "lasts": [last for _, last in within]}
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, {"version_id": version.pk, "most": most, **given})
        return [(int(first), int(last)) for first, last in cursor.fetchall()]


def held_over(version: Version, *, ranges: str, keys: Sequence[str]) -> Held:
    """`ranges` is a multirange of numbers, as text."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"version_id": version.pk, "ranges": ranges, "keys": list(keys)})
        found = cursor.fetchall()
    return Held(frozenset(key for key, _, _ in found), sum(rows for _, rows, _ in found), sum(size for _, _, size in found))


def published_by(org: Org, dag: str) -> list[Producer]:
    """What the active version of a DAG publishes, by name."""
    rows = Producer.objects.filter(dataset__org=org, dag=dag).select_related("dataset")
    return list(rows.order_by("dataset__name"))


def names_of(version_ids: Collection[UUID]) -> list[tuple[Org, set[str]]]:
    """Of the output of each version: every name under which somebody may know it, also as half of a union."""
    outputs = Output.objects.filter(versions__in=version_ids).select_related("org").distinct()
    return [(output.org, set(_names(output))) for output in outputs]


def _names(output: Output) -> Iterator[str]:
    yield from output.datasets.values_list("name", flat=True)
    for producer in published_by(output.org, output.dag):
        if (output.job, output.number) in producer.outputs:
            yield producer.dataset.name


def outputs_of(dataset: Dataset) -> QuerySet[Output]:
    """Where its data lies; of a union that of its halves."""
    if dataset.output_id:
        return Output.objects.filter(pk=dataset.output_id)
    made = Q(pk__in=[])
    for one in dataset.producers.all():
        for job, output in one.outputs:
            made |= Q(org=dataset.org_id, dag=one.dag, job=job, number=output)
    return Output.objects.filter(made)


def names_behind(dataset: Dataset) -> set[str]:
    """Every name that its data is known under in its org, the own one too: what is said of one of them holds for all."""
    return {dataset.name}.union(*(_names(output) for output in outputs_of(dataset).select_related("org")))


@lru_cache(maxsize=65_536)
def is_kept(version_id: UUID) -> bool:
    """Whether there is data of it, or events alone. It is registered before anything is said of it, so the answer never changes."""
    return Version.objects.filter(pk=version_id).exists()


def columns_of(org: Org, names: Collection[str]) -> dict[str, list[str]]:
    """By the name of a dataset that the org can name: as its DAG says them, otherwise as the last commit wrote them."""
    found = _nameable(org).filter(name__in=names).select_related("output__current")
    return {row.name: _columns_of(row) for row in sorted(found, key=lambda row: row.org_id == org.pk)}


def _columns_of(dataset: Dataset) -> list[str]:
    current = dataset.output.current if dataset.output else None
    # A DAG may describe some columns only: those that were written are all of them.
    written = [column["name"] for column in current.schema] if current else []
    return written or [column.name for column in dataset.schema if column.type]


def requests_of(dataset: Dataset, who: Principal) -> AccessRequestQuerySet:
    """Everybody's for who may see grants; else one's own. Newest first."""
    rows = AccessRequest.objects.filter(dataset=dataset).select_related("person", "decided_by", "dataset__org")
    if not policy.can(who, Action.GRANTS_VIEW, org=dataset.org):
        rows = rows.filter(person=who.person)
    return rows.order_by("-pk")


def get_request(dataset: Dataset, request_id: UUID, who: Principal) -> AccessRequest:
    found = requests_of(dataset, who).filter(pk=request_id).first()
    if found is None:
        raise NotFound("There is no such request for this dataset, or it is not yours.", code="unknown_access_request")
    return found


def requests_to_decide(org: Org, who: Principal) -> AccessRequestQuerySet:
    """The oldest first, of those who are still members; of who may not grant, none."""
    if not policy.can(who, Action.GRANTS_CHANGE, org=org):
        return AccessRequest.objects.none()
    waiting = AccessRequest.objects.waiting().filter(dataset__org=org).exclude(person=who.person)
    waiting = waiting.filter(person__in=Membership.objects.filter(org=org).values("person"))
    return waiting.select_related("person", "dataset").order_by("pk")
