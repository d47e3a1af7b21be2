"""A person holds a job back, and lets it go again."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from apps.dispatch.models import LiveJob, Task
from apps.dispatch.services.canceling import cancel_tasks
from apps.dispatch.services.handing import top_up
from apps.dispatch.services.keeping import start_sources
from apps.dispatch.services.streaming import tell_of_dag

# Uses index task_under_way. Locked in the order of ids, as everybody locks tasks.
_TAKE_BACK = """
UPDATE dispatch_task AS t SET handed_at = NULL
FROM (
    SELECT id FROM dispatch_task
    WHERE org_id = %(org_id)s AND job_id = %(job_id)s AND status = 'queued' AND handed_at IS NOT NULL
    ORDER BY id FOR NO KEY UPDATE
) AS handed
WHERE t.id = handed.id AND t.status = 'queued'
"""


@transaction.atomic
def pause_job(job: LiveJob, *, now: datetime) -> bool:
    """Nothing more of it is handed out, and what was makes room for others; a source that never ends is stopped. False where it
    was so.
    """
    job = LiveJob.objects.select_for_update(no_key=True).get(pk=job.pk)
    if job.paused_at is not None:
        return False
    job.paused_at = now
    job.save(update_fields=["paused_at"])
    if job.source == "always_on":
        cancel_tasks(
            list(Task.objects.filter(job_id=job.pk, status__in=["queued", "running", "failed"]).values_list("id", flat=True))
        )
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, {"org_id": job.org_id, "job_id": job.pk})
    tell_of_dag(job.dag_id)
    top_up([job.org_id])
    return True


@transaction.atomic
def resume_job(job: LiveJob) -> bool:
    job = LiveJob.objects.select_for_update(no_key=True).get(pk=job.pk)
    if job.paused_at is None:
        return False
    job.paused_at = None
    job.save(update_fields=["paused_at"])
    start_sources([job.pk])
    tell_of_dag(job.dag_id)
    top_up([job.org_id])
    return True
