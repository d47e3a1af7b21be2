from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from apps.datasets.domain import PLATFORM_ORG
from apps.datasets.models import Dataset, Producer
from apps.orgs.domain import Visibility
from apps.orgs.models import Org

# Enough to guess from, however many an org has.
_MOST_NEAR = 200
_MOST_GUESSED = 20


def datasets_of(org: Org) -> QuerySet[Dataset]:
    return Dataset.objects.of(org)


def datasets_called(org: Org, names: Collection[str]) -> dict[str, Dataset]:
    """Those that the org can name: its own, and where it has none of the name an open one of the platform's."""
    rows = _nameable(org).filter(name__in=names).select_related("org").prefetch_related("producers")
    return {row.name: row for row in sorted(rows, key=lambda row: row.org_id == org.pk)}


def names_near(org: Org, given: Iterable[str]) -> set[str]:
    """That begin or end as one of the given does."""
    guessed = sorted(given)[:_MOST_GUESSED]
    if not guessed:
        return set()
    alike = reduce(or_, (Q(name__startswith=name[:2]) | Q(name__endswith=name[-3:]) for name in guessed))
    return set(_nameable(org).filter(alike).values_list("name", flat=True)[:_MOST_NEAR])


def _nameable(org: Org) -> QuerySet[Dataset]:
    return Dataset.objects.filter(Q(org=org) | Q(org__slug=PLATFORM_ORG, visibility=Visibility.ORG))


def published_by(org: Org, dag: str) -> list[Producer]:
    """What the active version of a DAG publishes, by name."""
    rows = Producer.objects.filter(dataset__org=org, dag=dag).select_related("dataset")
    return list(rows.order_by("dataset__name"))
