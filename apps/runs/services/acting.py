"""One task: canceled, tried again, done anew."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.dispatch import services as dispatch
from apps.dispatch.models import LiveJob, Task
from apps.platform.errors import Conflict


@transaction.atomic
def cancel_task(task: Task, job: LiveJob, *, by: Actor) -> str:
    """Its status now: one that runs learns it at its next heartbeat."""
    canceled = dispatch.cancel_tasks([task.pk])
    if task.pk not in canceled:
        raise Conflict("This task is over: there is nothing left to cancel.", code="task_is_over", detail={"status": task.status})
    _record("task.cancel", task, job, by=by)
    return canceled[task.pk]


@transaction.atomic
def retry_task(task: Task, job: LiveJob, *, by: Actor) -> None:
    """Failed → Queued, with all its attempts again."""
    if not dispatch.retry_tasks([task.pk]):
        raise Conflict(_why_no_retry(task), code="not_retryable", detail={"status": task.status})
    _record("task.retry", task, job, by=by)


def _why_no_retry(task: Task) -> str:
    if task.status != "failed":
        return f"Only a failed task is tried again, and this one is {task.status}. Re-run it to do its work anew."
    return "The job is no longer active as this task knew it: re-run the task, and it is done as the active version says."


@transaction.atomic
def rerun_task(task: Task, job: LiveJob, *, alone: bool, by: Actor) -> UUID:
    """A new task with the same inputs. `alone`: the jobs below it hear nothing of it."""
    created = dispatch.rerun_tasks([task.pk], alone=alone, made_by=by.person_id)
    if not created:
        raise Conflict(_why_no_rerun(task, job), code="not_rerunnable", detail={"status": task.status})
    _record("task.rerun", task, job, by=by, after={"task": str(created[0].id), "alone": alone})
    return created[0].id


def _why_no_rerun(task: Task, job: LiveJob) -> str:
    if job.job_id is None:
        return f"`{job.name}` is in no active version of `{job.dag.name}`: activate one that has it, then re-run."
    return f"This task is {task.status}: cancel it or let it end, then re-run it."


def _record(action: str, task: Task, job: LiveJob, *, by: Actor, after: dict[str, object] | None = None) -> None:
    subject = Subject("task", str(task.pk), f"{job.dag.name}/{job.name}")
    audit.record(action, subject, by=by, org_id=task.org_id, before={"status": task.status}, after=after)
