"""A person holds a job back, and lets it go again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.dispatch.models import LiveJob, Task
from apps.dispatch.services.canceling import cancel_tasks
from apps.dispatch.services.handing import top_up
from apps.dispatch.services.keeping import keep_sources


@transaction.atomic
def pause_job(job: LiveJob, *, now: datetime) -> bool:
    """Nothing more of it is handed out; a source that never ends is stopped. False where it was so."""
    job = LiveJob.objects.select_for_update(no_key=True).get(pk=job.pk)
    if job.paused_at is not None:
        return False
    job.paused_at = now
    job.save(update_fields=["paused_at"])
    if job.source == "always_on":
        cancel_tasks(
            list(Task.objects.filter(job_id=job.pk, status__in=["queued", "running", "failed"]).values_list("id", flat=True))
        )
    return True


@transaction.atomic
def resume_job(job: LiveJob) -> bool:
    job = LiveJob.objects.select_for_update(no_key=True).get(pk=job.pk)
    if job.paused_at is None:
        return False
    job.paused_at = None
    job.save(update_fields=["paused_at"])
    keep_sources([job.pk])
    top_up([job.org_id])
    return True
