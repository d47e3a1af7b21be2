"""How far a version is that is built before it takes over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count

from apps.dags.domain import BuildState
from apps.dags.models import Build, Dag
from apps.dags.selectors import open_build
from apps.dispatch.domain import Status
from apps.dispatch.models import LiveJob, Task


@dataclass(frozen=True)
class Progress:
    """`failed` are tasks that nobody tries again: they hold it up."""

    build: Build
    done: int
    failed: int
    total: int

    @property
    def is_ready(self) -> bool:
        return self.build.state == BuildState.READY

    @property
    def is_planned(self) -> bool:
        return self.build.planned_at is not None

    @property
    def left(self) -> int:
        return self.total - self.done


def progress_of(dag: Dag) -> Progress | None:
    """None: nothing of it is being built."""
    build = open_build(dag)
    if build is None:
        return None
    jobs = LiveJob.objects.filter(build=build).values("pk")
    # Uses index task_job.
    counts = Counter(dict(Task.objects.filter(job_id__in=jobs).order_by().values_list("status").annotate(Count("pk"))))
    failed = Task.objects.filter(job_id__in=jobs).dead().count()
    return Progress(build, counts[Status.COMPLETED], failed, counts.total() - counts[Status.CANCELED])
