"""How fresh datasets are: when each last changed, when that is too long ago, and how far it is behind what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.datasets.domain import due_at
from apps.datasets.models import Dataset, Freshness, Producer
from apps.dispatch import selectors as dispatch
from apps.dispatch.selectors import Reach
from apps.orgs import policy
from apps.orgs.models import Org
from apps.orgs.policy import Principal

Place = tuple[UUID, int]


@dataclass(frozen=True)
class Lag:
    """0 where it has all that there is to have."""

    blocks: int
    seconds: int


@dataclass(frozen=True)
class Fresh:
    """`block`: the highest that it has. Without a `cadence_seconds` it is never late, without an input it is behind nothing."""

    last_at: datetime | None = None
    block: int | None = None
    cadence_seconds: int | None = None
    due_at: datetime | None = None
    is_late: bool = False
    lag: Lag | None = None


NEVER = Fresh()


def freshness_of(producers: Iterable[Producer], *, now: datetime) -> dict[UUID, Fresh]:
    """By dataset, as it is this moment; in a handful of queries, however many datasets. The producers come with their datasets."""
    said = list(producers)
    behind = dispatch.outputs_behind(said)
    own = dispatch.reached_by({place for places in behind.values() for place in places})
    inputs = dispatch.inputs_of({job for job, _ in own})
    reached = {**dispatch.reached_by({one for some in inputs.values() for one in some} - own.keys()), **own}
    expected = {row.dataset_id: row for row in Freshness.objects.filter(dataset__in={one.dataset_id for one in said})}
    return {
        one.dataset_id: _fresh(behind.get(one.dataset_id, []), inputs, reached, expected.get(one.dataset_id), now=now)
        for one in said
    }


def _fresh(
    places: Sequence[Place], inputs: Mapping[UUID, Sequence[Place]], reached: Mapping[Place, Reach], expected: Freshness | None,
    *, now: datetime,
) -> Fresh:  # fmt: skip
    own = _furthest(reached.get(place) for place in places)
    lag = _lag(own, _ahead(places, inputs, reached))
    if expected is None:
        return Fresh(own.at, own.block, lag=lag)
    due = due_at(max(own.at, expected.since) if own.at else expected.since, expected.cadence_seconds)
    return Fresh(own.at, own.block, expected.cadence_seconds, due, due < now, lag)


def _ahead(places: Sequence[Place], inputs: Mapping[UUID, Sequence[Place]], reached: Mapping[Place, Reach]) -> Reach:
    """What a dataset is held against: the inputs of its jobs. A source has none; the head of its chain will stand in their place."""
    return _furthest(reached.get(one) for job, _ in places for one in inputs.get(job, ()))


def _furthest(reaches: Iterable[Reach | None]) -> Reach:
    known = [one for one in reaches if one]
    return Reach(
        max((one.at for one in known if one.at), default=None),
        max((one.block for one in known if one.block is not None), default=None),
    )


def _lag(own: Reach, ahead: Reach) -> Lag | None:
    if ahead.block is None or ahead.at is None:
        return None
    if own.at and own.block is None:
        # It has changed and has no blocks: it is of a kind that has none.
        return None
    blocks = max(0, ahead.block - own.block) if own.block is not None else ahead.block + 1
    since = own.at or ahead.at
    return Lag(blocks, max(0, int((ahead.at - since).total_seconds())) if blocks else 0)


def count_late(org: Org, who: Principal, *, now: datetime) -> int:
    """Of those that somebody sees; as the loop last found them. Uses index freshness_late."""
    late = Freshness.objects.filter(late_since__isnull=False, dataset__org=org)
    if not late.exists():
        return 0
    return policy.visible(Dataset.objects.of(org).filter(pk__in=late.values("pk")), who, now=now).count()
