"""How often datasets are expected to change, and which of them are late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from apps.datasets.domain import cadence_of, due_at
from apps.datasets.models import Dataset, Freshness, Producer

# What is late is looked at with every tick of the loop.
_LATE_AGAIN = timedelta(seconds=10)


def expect(datasets: Iterable[Dataset], *, now: datetime) -> None:
    """As their producers say it now; of several the most frequent. Inside the transaction of an activation."""
    ids = [one.pk for one in datasets]
    wanted: dict[UUID, int] = {}
    for dataset_id, spec in Producer.objects.filter(dataset__in=ids).values_list("dataset_id", "spec"):
        if seconds := cadence_of(spec):
            wanted[dataset_id] = min(seconds, wanted.get(dataset_id, seconds))
    Freshness.objects.filter(dataset__in=set(ids) - wanted.keys()).delete()
    rows = [Freshness(dataset_id=one, cadence_seconds=seconds, since=now, look_at=now) for one, seconds in wanted.items()]
    # `since` stays: a DAG that is activated again is no reason to wait longer.
    Freshness.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["dataset"], update_fields=["cadence_seconds", "look_at"]
    )


def mark_late(looked: Mapping[Freshness, datetime | None], *, now: datetime) -> None:
    """`looked`: when each last changed. Inside the caller's transaction, which holds the rows."""
    for row, last_at in looked.items():
        due = due_at(max(row.since, last_at) if last_at else row.since, row.cadence_seconds)
        # What is due at this very moment, too: else it would be looked at again and again until the next one.
        is_late = due <= now
        row.late_since = due if is_late else None
        row.look_at = now + _LATE_AGAIN if is_late else due
    Freshness.objects.bulk_update(looked, ["late_since", "look_at"])
