"""Calls from outside, each once: by the id of the delivery, and by its signature."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from apps.dispatch.models import Dedupe, LiveJob
from apps.dispatch.services.firing import Started, start_by_call

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('call/' || %(signature)s, 0))"


@transaction.atomic
def take_call(job: LiveJob, *, delivery_id: str, signature: str, body: bytes, now: datetime) -> Started:
    """The id is not signed: whoever caught a call could send it again under another, so a signature counts once as well."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"signature": signature})
    key = f"signed:{signature}"
    if before := Dedupe.objects.filter(job_id=job.pk, key=key).values_list("task_id", flat=True).first():
        return Started(before, is_new=False)
    started = start_by_call(job, delivery_id=delivery_id, body=body, now=now)
    Dedupe.objects.bulk_create([Dedupe(job_id=job.pk, key=key, task_id=started.task_id)], ignore_conflicts=True)
    return started
