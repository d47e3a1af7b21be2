"""Which jobs' tasks somebody sees: those of the DAGs that they reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from apps.dags.models import Dag, Job
from apps.dispatch.models import LiveJob, Task
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.models import Org
from apps.orgs.policy import Principal
from apps.platform.errors import NotFound
from apps.runs.domain import Wanted


@dataclass(frozen=True)
class JobName:
    id: UUID
    name: str
    dag: str
    dag_id: UUID


@dataclass(frozen=True)
class Seen:
    """The jobs of an org whose tasks somebody reaches, by id."""

    jobs: Mapping[UUID, JobName]

    @cached_property
    def ids(self) -> list[UUID]:
        return list(self.jobs)

    @property
    def dags(self) -> list[str]:
        return sorted({job.dag for job in self.jobs.values()})

    def names_in(self, dag: str) -> list[str]:
        return sorted({job.name for job in self.jobs.values() if not dag or job.dag == dag})

    def chosen(self, wanted: Wanted) -> list[UUID]:
        """A name that nobody has, or that is not theirs to see, is not taken for an empty list."""
        of_dag = [job for job in self.jobs.values() if not wanted.dag or job.dag == wanted.dag]
        if wanted.dag and not of_dag:
            raise NotFound(f"No DAG `{wanted.dag[:63]}` of this org has run, or you cannot see it.", code="unknown_dag")
        chosen = [job.id for job in of_dag if not wanted.job or job.name == wanted.job]
        if wanted.job and not chosen:
            raise NotFound(f"There is no job `{wanted.job[:128]}` here that you can see.", code="unknown_job")
        return chosen


def jobs_seen(org: Org, who: Principal, *, now: datetime, level: Level = Level.VIEW) -> Seen:
    dags = policy.visible(Dag.objects.of(org), who, now=now, level=level)
    rows = LiveJob.objects.filter(org=org, dag__in=dags).values_list("id", "name", "dag__name", "dag_id")
    return Seen({row[0]: JobName(*row) for row in rows})


def get_task(org: Org, task_id: UUID, *, who: Principal, level: Level, now: datetime) -> tuple[Task, LiveJob]:
    """Another org's task answers like one that does not exist."""
    task = Task.objects.of(org).filter(pk=task_id).first()
    job = LiveJob.objects.select_related("dag__org", "dag__active").filter(pk=task.job_id).first() if task else None
    if task is None or job is None:
        raise NotFound("There is no such task, or you cannot see it.", code="unknown_task")
    policy.require_reach(who, level, job.dag, now=now)
    return task, job


def get_job(dag: Dag, name: str) -> LiveJob:
    """Of a DAG that the asker reaches."""
    job = LiveJob.objects.select_related("dag__org").filter(dag=dag, name=name, build=None).first()
    if job is None:
        raise NotFound(f"`{dag.name}` has no job `{name[:128]}` that was ever active.", code="unknown_job")
    return job


def version_numbers(version_job_ids: list[UUID]) -> dict[UUID, int]:
    """The version that each task belongs to, by the job of that version."""
    rows = Job.objects.filter(pk__in=set(version_job_ids)).values_list("pk", "version__number")
    return dict(rows)
