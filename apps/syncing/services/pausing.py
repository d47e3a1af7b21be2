"""A stream is paused as the job that it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.dispatch import services as dispatch
from apps.dispatch.models import LiveJob


@transaction.atomic
def set_paused(jobs: Sequence[LiveJob], *, paused: bool, by: Actor, now: datetime) -> None:
    """One stream, or all of an entrypoint. Asked twice, it is done once."""
    for job in sorted(jobs, key=lambda one: one.pk):
        changed = dispatch.pause_job(job, now=now) if paused else dispatch.resume_job(job)
        if changed:
            subject = Subject("job", str(job.pk), f"{job.dag.name}/{job.name}")
            audit.record("job.pause" if paused else "job.resume", subject, by=by, org_id=job.org_id)
