"""Which datasets an asker finds, and how many there are of each kind.

Without the right to a dataset one finds its name and its owner, so as to know whom to ask; never by anything else of it.
What is found is listed and counted up to a limit: nobody pages through a hundred thousand, and a page must not wait for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from heapq import merge
from itertools import islice
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Upper

from apps.console.catalog.asked import FACETS, NO, STORAGE_WORDS, YES, Asked, Origin
from apps.dags.models import Dag
from apps.datasets.domain import PLATFORM_ORG
from apps.datasets.models import AccessRequestQuerySet, Dataset, Freshness, Producer, searched_text
from apps.datasets.selectors import from_elsewhere, requests_to_decide
from apps.orgs import policy
from apps.orgs.models import Org
from apps.orgs.policy import Principal
from apps.pii.models import ColumnClassification

MOST_FOUND = 1_000
# Of DAGs and tags: beyond these one searches.
MOST_VALUES = 12
_NAMES = {
    "late": "Freshness", "requests": "Requests", "of": "From", "storage": "Storage", "dag": "DAG", "tag": "Tag", "pii": "Personal data", "visibility": "Visibility",
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


class Finding:
    """One question to the catalog of an org. Nothing is read before it is asked for."""

    def __init__(self, org: Org, who: Principal, asked: Asked, *, now: datetime) -> None:
        self.org, self.who, self.asked, self.now = org, who, asked, now

    @cached_property
    def dags(self) -> QuerySet[Dag]:
        """Those whose names may be said."""
        return policy.visible(Dag.objects.of(self.org), self.who, now=self.now)

    @cached_property
    def found(self) -> list[Found]:
        """By name, at most `MOST_FOUND`."""
        return self._first()[:MOST_FOUND]

    @cached_property
    def is_cut(self) -> bool:
        return len(self._first()) > MOST_FOUND

    def sources(self, *, but: str = "") -> list[QuerySet[Dataset]]:
        """The org's own, which index dataset_name has in order, and those from elsewhere. `is_seen`: there is more to say of it than its
        name and its owner.
        """
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
        return [facet for key in FACETS if (facet := self._facet(key)).values]

    @cached_property
    def _reach(self) -> Q:
        return policy.reaching(self.who, Dataset, now=self.now)

    def _matching(self, rows: QuerySet[Dataset], matches: Sequence[Q | Exists]) -> QuerySet[Dataset]:
        found = Q(self._reach, *matches)
        if not self.asked.has_facet:
            found |= Q(~self._reach, name__icontains=self.asked.search)
        is_seen = ExpressionWrapper(self._reach, output_field=BooleanField())
        if self.asked.search:
            # Of both kinds, a name being part of the text: within one of them index dataset_search would find nothing.
            rows = rows.alias(text=_TEXT).filter(text__contains=Upper(Value(self.asked.search)))
        listed = rows.filter(found).annotate(is_seen=is_seen)
        return listed.select_related("org", "owner", "visible_to").order_by("name")

    def _first(self, *, but: str = "") -> list[Found]:
        """What is asked for without one of the filters is what is asked for, where that one is not given."""
        if not getattr(self.asked, but, ""):
            but = ""
        kept: dict[str, list[Found]] = self.__dict__.setdefault("_kept", {})
        if but not in kept:
            fields = ("pk", "name", "org_id", "org__slug", "is_seen", "storage", "visibility", "tags")
            read = [[Found(*row) for row in one.values_list(*fields)[: MOST_FOUND + 1]] for one in self.sources(but=but)]
            kept[but] = list(islice(merge(*read, key=lambda one: (one.name, one.org)), MOST_FOUND + 1))
        return kept[but]

    def _facet(self, key: str) -> Facet:
        counts = self._counts(key)
        chosen = getattr(self.asked, key)
        cut = counts[:MOST_VALUES]
        if chosen and chosen not in dict(cut):
            cut.append((chosen, dict(counts).get(chosen, 0)))
        values = [Counted(one, _WORDS.get((key, one), one), count, one == chosen) for one, count in cut]
        return Facet(key, _NAMES[key], values, len(counts) > MOST_VALUES)

    def _counts(self, key: str) -> list[tuple[str, int]]:
        rows = [one for one in self._first(but=key)[:MOST_FOUND] if one.is_seen]
        counts = Counter(self._values(key, rows))
        if key == "pii":
            return [(one, counts[one]) for one in (YES, NO) if counts[one]]
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    def _values(self, key: str, rows: Sequence[Found]) -> Iterator[str]:
        ids = [one.pk for one in rows]
        match key:
            case "late" | "requests":
                marked = Dataset.objects.filter(self._condition(key, YES), pk__in=ids)
                return iter([YES] * marked.count())
            case "of":
                return (self._origin(one) for one in rows)
            case "dag":
                # In two: one statement for both would join all producers with all DAGs.
                own = [one.pk for one in rows if one.org_id == self.org.pk]
                made = list(Producer.objects.filter(dataset__in=own).values_list("dag", flat=True))
                known = set(self.dags.filter(name__in=set(made)).values_list("name", flat=True))
                return (name for name in made if name in known)
            case "tag":
                return (tag for one in rows for tag in one.tags)
            case "pii":
                personal = ColumnClassification.objects.filter(
                    org__in={one.org_id for one in rows}, dataset__in=[one.name for one in rows]
                )
                names = set(personal.values_list("org_id", "dataset"))
                return (YES if (one.org_id, one.name) in names else NO for one in rows)
        return (getattr(one, key) for one in rows)

    def _origin(self, one: Found) -> str:
        if one.org_id == self.org.pk:
            return Origin.OWN
        return Origin.PLATFORM if one.org == PLATFORM_ORG else Origin.SHARED

    def _condition(self, name: str, value: str) -> Q | Exists:
        match name:
            case "late":
                # Uses index freshness_late.
                return Q(pk__in=Freshness.objects.filter(late_since__isnull=False).values("pk"))
            case "requests":
                return Q(pk__in=self._to_decide.values("dataset"))
            case "dag":
                made = Producer.objects.filter(dataset=OuterRef("pk"), dataset__org=self.org, dag=value)
                return Exists(made.filter(dag__in=self.dags.values("name")))
            case "tag":
                return Q(tags__contains=[value])
            case "pii":
                return Q(self._has_pii) if value == YES else ~Q(self._has_pii)
        return Q(**{name: value})

    @cached_property
    def _to_decide(self) -> AccessRequestQuerySet:
        """Of requests for access those that they may decide."""
        return requests_to_decide(self.org, self.who).order_by()

    @property
    def _has_pii(self) -> Exists:
        return Exists(ColumnClassification.objects.filter(org=OuterRef("org"), dataset=OuterRef("name")))
