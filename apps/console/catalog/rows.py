"""A page of the catalog, line by line: what producers and classifications say of its datasets, in one query each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from apps.console.catalog.asked import STORAGE_WORDS
from apps.console.catalog.freshness import NEVER, Fresh, freshness_of
from apps.console.catalog.making import Made, made_by
from apps.dags.models import Dag
from apps.datasets.domain import Storage
from apps.datasets.models import Dataset, Producer
from apps.orgs.models import Org
from apps.pii.models import ColumnClassification

MOST_HITS = 6


@dataclass(frozen=True)
class Row:
    """`hits`: columns that the search finds."""

    dataset: Dataset
    is_own: bool
    is_seen: bool
    made: list[Made]
    hits: list[str]
    has_pii: bool
    fresh: Fresh

    @property
    def address(self) -> str:
        """What leads to it from the asker's org: of another one its slug comes first."""
        return self.dataset.name if self.is_own else f"{self.dataset.org.slug}.{self.dataset.name}"

    @property
    def storage(self) -> str:
        return STORAGE_WORDS[Storage(self.dataset.storage)]

    @property
    def more_hits(self) -> int:
        return max(0, len(self.hits) - MOST_HITS)


def rows_of(org: Org, found: Sequence[Dataset], dags: QuerySet[Dag], *, now: datetime, search: str = "") -> list[Row]:
    """`found` as `Finding` gives them; `dags` are those that the asker sees."""
    seen = [one for one in found if one.is_seen]  # type: ignore[attr-defined]  # annotated
    open_ones = {one.pk for one in seen}
    producers = list(Producer.objects.filter(dataset__in=seen).select_related("dataset").order_by("dag"))
    made = made_by(producers, dags)
    orgs, names = {one.org_id for one in seen} | {org.pk}, [one.name for one in seen]
    marked = set(ColumnClassification.objects.filter(org__in=orgs, dataset__in=names).values_list("org_id", "dataset"))
    fresh = freshness_of(producers, now=now)
    return [
        Row(one, one.org_id == org.pk, True, made[one.pk], _hits(one, search), (one.org_id, one.name) in marked, fresh.get(one.pk, NEVER))
        if one.pk in open_ones else Row(one, one.org_id == org.pk, False, [], [], False, NEVER)
        for one in found
    ]  # fmt: skip


def _hits(dataset: Dataset, search: str) -> list[str]:
    wanted = search.casefold()
    return [name for name in dataset.column_names.split("\n") if wanted in name.casefold()] if wanted else []
