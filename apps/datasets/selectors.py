from __future__ import annotations

from collections.abc import Iterable

from apps.datasets.models import Dataset, Producer
from apps.orgs.models import Org


def datasets_of(org: Org) -> Iterable[Dataset]:
    return Dataset.objects.of(org).prefetch_related("producers")


def published_by(org: Org, dag: str) -> list[Producer]:
    """What the active version of a DAG publishes, by name."""
    rows = Producer.objects.filter(dataset__org=org, dag=dag).select_related("dataset")
    return list(rows.order_by("dataset__name"))
