"""Which datasets an asker finds.

Without the right to a dataset one finds its name and its owner, so as to know whom to ask; never by anything else of it.
What is found is listed and counted up to a limit: nobody pages through a hundred thousand, and a page must not wait for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, overload
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Upper

from apps.console.catalog.asked import FACETS, NO, STORAGE_WORDS, YES, Asked, Origin
from apps.console.catalog.counting import Counts, count
from apps.dags.models import Dag
from apps.datasets.domain import PLATFORM_ORG
from apps.datasets.models import AccessRequestQuerySet, Dataset, Freshness, Producer, searched_text
from apps.datasets.selectors import from_elsewhere, requests_to_decide
from apps.orgs import policy
from apps.orgs.models import Org
from apps.orgs.policy import Principal
from apps.pii.models import ColumnClassification

MOST_FOUND = 1_000
# Of DAGs, tags and owners: beyond these one searches.
MOST_VALUES = 12
_NAMES = {
    "late": "Freshness", "requests": "Requests", "of": "From", "storage": "Storage", "dag": "DAG", "tag": "Tag", "owner": "Owner", "pii": "Personal data", "visibility": "Visibility",
}  # fmt: skip
_WORDS = {
    **{("storage", one.value): words for one, words in STORAGE_WORDS.items()},
    ("late", YES): "Late", ("requests", YES): "Somebody asks to read it", ("pii", YES): "With", ("pii", NO): "Without",
    ("of", Origin.OWN): "Your org", ("of", Origin.PLATFORM): "The platform", ("of", Origin.SHARED): "Shared with your org",
    ("visibility", "org"): "The whole org", ("visibility", "role"): "A role", ("visibility", "private"): "Owner and admins",
}  # fmt: skip
# As index dataset_search has it.
_TEXT = Upper(searched_text())


@dataclass(frozen=True)
class Found:
    """As much of a dataset as is counted."""

    pk: UUID
    name: str
    org_id: UUID
    org: str
    is_seen: bool
    storage: str
    visibility: str
    tags: Sequence[str]
    owner_id: UUID | None


@dataclass(frozen=True)
class Counted:
    value: str
    words: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    key: str
    name: str
    values: list[Counted]
    is_cut: bool


class Finding(Sequence[Found]):
    """One question to the catalog of an org: what it finds, by name. Nothing is read before it is asked for."""

    def __init__(self, org: Org, who: Principal, asked: Asked, *, now: datetime) -> None:
        self.org, self.who, self.asked, self.now = org, who, asked, now

    @cached_property
    def dags(self) -> QuerySet[Dag]:
        """Those whose names may be said."""
        return policy.visible(Dag.objects.of(self.org), self.who, now=self.now)

    def __len__(self) -> int:
        return min(self._counted[0], MOST_FOUND)

    @overload
    def __getitem__(self, place: int) -> Found: ...
    @overload
    def __getitem__(self, place: slice) -> list[Found]: ...
    def __getitem__(self, place: int | slice) -> Found | list[Found]:
        wanted = range(MOST_FOUND)[place]
        if isinstance(wanted, int):
            return self[wanted : wanted + 1][0]
        return [Found(*row) for row in self._listed(wanted.stop)[wanted.start : wanted.stop]] if wanted else []

    @property
    def is_cut(self) -> bool:
        return self._counted[0] > MOST_FOUND

    @cached_property
    def sources(self) -> list[QuerySet[Dataset]]:
        """The org's own, which index dataset_name has in order, and those from elsewhere. `is_seen`: there is more to say of it than its
        name and its owner.
        """
        return self._sources()

    def _sources(self, *, but: str = "") -> list[QuerySet[Dataset]]:
        matches = [self._condition(name, value) for name, value in self.asked.given.items() if name not in {but, "of", "search"}]
        rows = self._rows("" if but == "of" else self.asked.of)
        return [self._matching(one, matches) for one in rows]

    def _rows(self, origin: str) -> list[QuerySet[Dataset]]:
        own, others = Dataset.objects.of(self.org), from_elsewhere(self.org, now=self.now)
        match origin:
            case Origin.OWN:
                return [own]
            case Origin.PLATFORM:
                return [one.filter(org__slug=PLATFORM_ORG) for one in others]
            case Origin.SHARED:
                return [one.exclude(org__slug=PLATFORM_ORG) for one in others]
        return [own, *others]

    def whole(self, page: Iterable[Found]) -> list[Dataset]:
        """Of some that were found all that a line tells."""
        found = {one.pk: one for one in page}
        rows = Dataset.objects.filter(pk__in=found).select_related("org", "owner", "visible_to").in_bulk()
        for pk, row in rows.items():
            row.is_seen = found[pk].is_seen  # type: ignore[attr-defined]  # as those of `sources` are annotated
        return [rows[pk] for pk in found if pk in rows]

    def facets(self) -> list[Facet]:
        """Each counts what the other filters leave, so that every number is what a click on it finds."""
        counts = self._counted[1] | {key: self._count([key], but=key)[1][key] for key in FACETS if getattr(self.asked, key)}
        return [facet for key in FACETS if (facet := self._facet(key, counts[key])).values]

    @cached_property
    def _reach(self) -> Q:
        return policy.reaching(self.who, Dataset, now=self.now)

    def _matching(self, rows: QuerySet[Dataset], matches: Sequence[Q]) -> QuerySet[Dataset]:
        if self.asked.search:
            # Of both kinds, a name being part of the text: within one of them index dataset_search would find nothing.
            rows = rows.alias(text=_TEXT).filter(text__contains=Upper(Value(self.asked.search)))
        # The question of rights is a long one: it is asked once of each, and not where there is no doubt.
        if self.asked.has_facet:
            listed = rows.filter(self._reach, *matches).annotate(is_seen=Value(value=True))
        else:
            listed = rows.annotate(is_seen=ExpressionWrapper(self._reach, output_field=BooleanField()))
            if self.asked.search:
                listed = listed.filter(Q(is_seen=True) | Q(name__icontains=self.asked.search))
        return listed.select_related("org", "owner", "visible_to").order_by("name")

    def _listed(self, most: int, *, but: str = "") -> QuerySet[Dataset, Any]:
        """By name, and the first so many only: each of the sources ends there too."""
        fields = ("pk", "name", "org_id", "slug", "is_seen", "storage", "visibility", "tags", "owner_id")
        first, *others = (
            one.annotate(slug=F("org__slug")).values_list(*fields)[:most]
            for one in (self._sources(but=but) if but else self.sources)
        )
        return first.union(*others, all=True).order_by("name", "slug")[:most]

    @cached_property
    def _counted(self) -> tuple[int, Counts]:
        return self._count([key for key in FACETS if not getattr(self.asked, key)])

    def _count(self, keys: Collection[str], *, but: str = "") -> tuple[int, Counts]:
        within = {"dags": self.dags.values("name"), "to_decide": self._to_decide.values("dataset")}
        return count(self._listed(MOST_FOUND + 1, but=but), MOST_FOUND, keys, self.org.pk, within)

    def _facet(self, key: str, counts: Mapping[str, int]) -> Facet:
        order = [YES, NO] if key == "pii" else sorted(counts, key=lambda one: (-counts[one], one))
        ordered = [(one, counts[one]) for one in order if one in counts]
        chosen = getattr(self.asked, key)
        cut = ordered[:MOST_VALUES]
        if chosen and chosen not in dict(cut):
            cut.append((chosen, counts.get(chosen, 0)))
        values = [Counted(one, _WORDS.get((key, one), one), number, one == chosen) for one, number in cut]
        return Facet(key, _NAMES[key], values, len(ordered) > MOST_VALUES)

    def _condition(self, name: str, value: str) -> Q:
        match name:
            case "late":
                # Uses index freshness_late.
                is_so = Q(pk__in=Freshness.objects.filter(late_since__isnull=False).values("pk"))
            case "requests":
                is_so = Q(pk__in=self._to_decide.values("dataset"))
            case "dag":
                made = Producer.objects.filter(dataset=OuterRef("pk"), dataset__org=self.org, dag=value)
                is_so = Q(Exists(made.filter(dag__in=self.dags.values("name"))))
            case "tag":
                is_so = Q(tags__contains=[value])
            case "owner":
                is_so = Q(owner__email=value)
            case "pii":
                is_so = Q(self._has_pii) if value == YES else ~Q(self._has_pii)
            case _:
                is_so = Q(**{name: value})
        return is_so

    @cached_property
    def _to_decide(self) -> AccessRequestQuerySet:
        """Of requests for access those that they may decide."""
        return requests_to_decide(self.org, self.who).order_by()

    @property
    def _has_pii(self) -> Exists:
        return Exists(ColumnClassification.objects.filter(org=OuterRef("org"), dataset=OuterRef("name")))
