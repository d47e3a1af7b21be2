"""What happened to a dataset: what people and Trace did with it, and what of it a reorg or a correction took back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.audit.models import Record
from apps.console.catalog.invalidating import latest_of
from apps.console.catalog.one import MOST_RECORDS, records_of
from apps.datasets.models import Dataset
from apps.orgs.policy import Principal
from apps.runs.selectors import Shown


@dataclass(frozen=True)
class Line:
    """One of the two."""

    at: datetime
    record: Record | None = None
    taken_back: Shown | None = None


def lines_of(dataset: Dataset, who: Principal, *, now: datetime) -> list[Line]:
    """Newest first."""
    done = [Line(one.at, record=one) for one in records_of(dataset, who, now=now)]
    taken_back = [Line(one.invalidation.created_at, taken_back=one) for one in latest_of(dataset, who, now=now)]
    return sorted([*done, *taken_back], key=lambda line: line.at, reverse=True)[:MOST_RECORDS]
