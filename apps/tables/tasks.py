"""The loops, as Celery runs them."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.platform import metrics
from apps.tables import services


@shared_task(name="tables.wake_waiting", ignore_result=True)
def wake_waiting() -> None:
    with metrics.LOOP_SECONDS.labels("tables.wake_waiting").time():
        services.wake_waiting(now=timezone.now())


@shared_task(name="tables.forget", ignore_result=True)
def forget() -> None:
    with metrics.LOOP_SECONDS.labels("tables.forget").time():
        config = settings.CONFIG
        services.forget_batches(keep_months=config.task_keep_months, dsn=config.tables_dsn, now=timezone.now())
