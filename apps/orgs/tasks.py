from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.orgs import services


@shared_task(name="orgs.forget_answers", ignore_result=True)
def forget_answers() -> None:
    services.forget_answers(now=timezone.now())
