"""Which datasets should have changed by now and have not: looked at when the time is up, so that nothing is written as they change."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.datasets.models import Freshness, Producer
from apps.datasets.services import mark_late
from apps.dispatch.selectors import outputs_behind, reached_by

_AT_ONCE = 500


@transaction.atomic
def watch_lateness(*, now: datetime) -> int:
    """How many were looked at; call again until none is left."""
    # Uses index freshness_look.
    due = Freshness.objects.select_for_update(of=("self",), skip_locked=True, no_key=True).filter(look_at__lte=now)
    rows = list(due.order_by("look_at")[:_AT_ONCE])
    last = _last_changes({row.pk for row in rows})
    mark_late({row: last.get(row.pk) for row in rows}, now=now)
    return len(rows)


def _last_changes(datasets: set[UUID]) -> dict[UUID, datetime]:
    behind = outputs_behind(Producer.objects.filter(dataset__in=datasets).select_related("dataset"))
    reached = reached_by({output for outputs in behind.values() for output in outputs})
    found: defaultdict[UUID, list[datetime]] = defaultdict(list)
    for dataset, outputs in behind.items():
        found[dataset] += [reach.at for output in outputs if (reach := reached.get(output)) and reach.at]
    return {dataset: max(instants) for dataset, instants in found.items() if instants}
