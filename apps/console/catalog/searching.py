"""Which datasets an asker finds, and how many there are of each kind.

Without the right to a dataset one finds its name and its owner, so as to know whom to ask; never by anything else of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, F, Func, OuterRef, Q, QuerySet

from apps.console.catalog.asked import FACETS, NO, STORAGE_WORDS, YES, Asked
from apps.dags.models import Dag
from apps.datasets.models import Dataset, Producer
from apps.orgs import policy
from apps.orgs.models import Org
from apps.orgs.policy import Principal
from apps.pii.models import ColumnClassification

# Of DAGs and tags: beyond these one searches.
MOST_VALUES = 12
_NAMES = {"storage": "Storage", "dag": "DAG", "tag": "Tag", "pii": "Personal data", "visibility": "Visibility"}
_WORDS = {
    **{("storage", one.value): words for one, words in STORAGE_WORDS.items()},
    ("pii", YES): "With", ("pii", NO): "Without",
    ("visibility", "org"): "The whole org", ("visibility", "role"): "A role", ("visibility", "private"): "Owner and admins",
}  # fmt: skip


class _Unnest(Func):
    function = "unnest"
    set_returning = True


@dataclass(frozen=True)
class Value:
    value: str
    words: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    key: str
    name: str
    values: list[Value]
    is_cut: bool


class Finding:
    """One question to the catalog of an org. Nothing is read before it is asked for."""

    def __init__(self, org: Org, who: Principal, asked: Asked, *, now: datetime) -> None:
        self.org, self.who, self.asked, self.now = org, who, asked, now

    @cached_property
    def seen(self) -> QuerySet[Dataset]:
        return policy.visible(Dataset.objects.of(self.org), self.who, now=self.now)

    @cached_property
    def dags(self) -> QuerySet[Dag]:
        """Those whose names may be said."""
        return policy.visible(Dag.objects.of(self.org), self.who, now=self.now)

    def listed(self) -> QuerySet[Dataset]:
        """`is_seen`: there is more to say of it than its name and its owner."""
        is_seen = Q(pk__in=self.seen.values("pk"))
        found = Q(pk__in=self._matching().values("pk"))
        if not self.asked.has_facet:
            found |= Q(name__icontains=self.asked.search) & ~is_seen
        rows = Dataset.objects.of(self.org).filter(found).annotate(is_seen=is_seen)
        return rows.select_related("owner", "visible_to").order_by("name")

    def facets(self) -> list[Facet]:
        """Each counts what the other filters leave, so that every number is what a click on it finds."""
        return [facet for key in FACETS if (facet := self._facet(key)).values]

    def _facet(self, key: str) -> Facet:
        counts = [(str(value), count) for value, count in self._counts(key)]
        chosen = getattr(self.asked, key)
        cut = counts[:MOST_VALUES]
        if chosen and chosen not in dict(cut):
            cut.append((chosen, dict(counts).get(chosen, 0)))
        values = [Value(one, _WORDS.get((key, one), one), count, one == chosen) for one, count in cut]
        return Facet(key, _NAMES[key], values, len(counts) > MOST_VALUES)

    def _counts(self, key: str) -> list[tuple[str, int]]:
        rows = self._matching(but=key)
        match key:
            case "dag":
                made = Producer.objects.filter(dataset__in=rows.values("pk"), dag__in=self.dags.values("name"))
                return _most_first(made, "dag")
            case "tag":
                return _most_first(rows.annotate(tag=_Unnest(F("tags"))), "tag")
            case "pii":
                counted = _most_first(rows.annotate(has_pii=self._has_pii), "has_pii")
                return sorted(((YES if has else NO, count) for has, count in counted), reverse=True)
        return _most_first(rows, key)

    def _matching(self, *, but: str = "") -> QuerySet[Dataset]:
        conditions = [self._condition(name, value) for name, value in self.asked.given.items() if name != but]
        return self.seen.filter(*conditions)

    def _condition(self, name: str, value: str) -> Q | Exists:
        match name:
            case "search":
                return Q(name__icontains=value) | Q(description__icontains=value) | Q(column_names__icontains=value)
            case "dag":
                made = Producer.objects.filter(dataset=OuterRef("pk"), dag=value)
                return Exists(made.filter(dag__in=self.dags.values("name")))
            case "tag":
                return Q(tags__contains=[value])
            case "pii":
                return Q(self._has_pii) if value == YES else ~Q(self._has_pii)
        return Q(**{name: value})

    @property
    def _has_pii(self) -> Exists:
        return Exists(ColumnClassification.objects.filter(org=self.org, dataset=OuterRef("name")))


def _most_first(rows: QuerySet[Any], field: str) -> list[tuple[Any, int]]:
    return list(rows.order_by().values_list(field).annotate(count=Count("pk")).order_by("-count", field))
