"""A page of the catalog, line by line: what producers and classifications say of its datasets, in one query each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from apps.console.catalog.asked import STORAGE_WORDS
from apps.console.catalog.latest import latest_events
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
    is_seen: bool
    made: list[Made]
    hits: list[str]
    has_pii: bool
    last_event_at: datetime | None

    @property
    def storage(self) -> str:
        return STORAGE_WORDS[Storage(self.dataset.storage)]

    @property
    def more_hits(self) -> int:
        return max(0, len(self.hits) - MOST_HITS)


def rows_of(org: Org, found: Sequence[Dataset], dags: QuerySet[Dag], *, search: str = "") -> list[Row]:
    """`found` as `Finding.listed` gives them; `dags` are those that the asker sees."""
    seen = [one for one in found if one.is_seen]  # type: ignore[attr-defined]  # annotated
    open_ones = {one.pk for one in seen}
    producers = list(Producer.objects.filter(dataset__in=seen).order_by("dag"))
    made = made_by(producers, dags)
    names = ColumnClassification.objects.filter(org=org, dataset__in=[one.name for one in seen])
    marked = set(names.values_list("dataset", flat=True))
    latest = latest_events(org, producers)
    return [
        Row(one, True, made[one.pk], _hits(one, search), one.name in marked, latest.get(one.pk))
        if one.pk in open_ones else Row(one, False, [], [], False, None)
        for one in found
    ]  # fmt: skip


def _hits(dataset: Dataset, search: str) -> list[str]:
    wanted = search.casefold()
    return [name for name in dataset.column_names.split("\n") if wanted in name.casefold()] if wanted else []
