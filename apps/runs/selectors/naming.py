"""What outputs of jobs are called, to somebody who may know it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.datasets.models import Dataset, Output
from apps.datasets.selectors import readable_elsewhere
from apps.orgs import policy
from apps.orgs.models import Org
from apps.orgs.policy import Principal
from apps.runs.selectors.seeing import Seen


@dataclass(frozen=True)
class Asker:
    """Who looks at a task, and from which org."""

    org: Org
    who: Principal
    seen: Seen
    now: datetime


@dataclass(frozen=True)
class Named:
    """`dataset`: as its page is addressed; empty where they see none that is read from it. `job`, in words: where they see its DAG.

    Neither: nothing may be said of it.
    """

    dataset: str = ""
    job: str = ""

    def __bool__(self) -> bool:
        return bool(self.dataset or self.job)


def names_of(outputs: Collection[Output], asker: Asker) -> dict[UUID, Named]:
    if not outputs:
        return {}
    called, dags = _datasets(outputs, asker), {job.dag_id for job in asker.seen.jobs.values()}
    return {one.pk: Named(called.get(one.pk, ""), f"{one.dag} / {one.job}" if one.dag_id in dags else "") for one in outputs}


def _datasets(outputs: Collection[Output], asker: Asker) -> dict[UUID, str]:
    reachable = Q(org=asker.org) | Q(pk__in=readable_elsewhere(asker.org, now=asker.now).values("pk"))
    rows = policy.visible(Dataset.objects.filter(reachable, output__in=outputs), asker.who, now=asker.now)
    # Of several names the first: what comes later in this order is passed over.
    found = rows.order_by("-name").values_list("output_id", "name", "org_id", "org__slug")
    return {output: name if org_id == asker.org.pk else f"{slug}.{name}" for output, name, org_id, slug in found}
