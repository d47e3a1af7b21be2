"""Which jobs make a dataset, by names that the asker may know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.dags.models import Dag
from apps.datasets.models import Producer


@dataclass(frozen=True)
class Made:
    """Who writes a dataset. `dag` is empty where the asker may not know it; `jobs` are two for a union."""

    dag: str
    jobs: list[tuple[str, int]]
    spec: dict[str, object]
    since: datetime


def made_by(producers: Sequence[Producer], dags: QuerySet[Dag]) -> dict[UUID, list[Made]]:
    """The producers come with their datasets. DAGs of other orgs may have the names of ours."""
    known = set(dags.filter(name__in={one.dag for one in producers}).values_list("org_id", "name"))
    made: defaultdict[UUID, list[Made]] = defaultdict(list)
    for one in producers:
        made[one.dataset_id].append(
            Made(one.dag if (one.dataset.org_id, one.dag) in known else "", one.outputs, one.spec, one.since)
        )
    return made
