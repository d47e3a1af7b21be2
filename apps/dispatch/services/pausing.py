"""A person does not want a job to go on, or wants it to: its tasks wait here meanwhile, and what runs already ends."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.dispatch.models import LiveJob
from apps.dispatch.services.handing import top_up


@transaction.atomic
def pause_job(job: LiveJob, *, now: datetime) -> bool:
    """False where it was paused already."""
    return bool(LiveJob.objects.filter(pk=job.pk, paused_at__isnull=True).update(paused_at=now))


@transaction.atomic
def resume_job(job: LiveJob) -> bool:
    """What waited is handed over at once. False where it was not paused."""
    is_resumed = bool(LiveJob.objects.filter(pk=job.pk, paused_at__isnull=False).update(paused_at=None))
    top_up([job.org_id])
    return is_resumed
