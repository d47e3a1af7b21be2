from __future__ import annotations

from celery import shared_task
from django.conf import settings

from apps.audit import services


@shared_task(name="audit.prune", ignore_result=True)
def prune() -> None:
    services.prune(keep_days=settings.CONFIG.audit_keep_days)
