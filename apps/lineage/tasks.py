"""What runs in each child of the dispatcher beside its loops."""

from __future__ import annotations

from celery import shared_task, signals
from django.conf import settings
from django.utils import timezone

from apps.lineage import services
from apps.lineage.sender import Sender


@signals.worker_process_init.connect
def _tell_an_endpoint(**_: object) -> None:
    """Where there is one. A thread is not inherited."""
    if settings.CONFIG.openlineage_url:
        sender = Sender(settings.CONFIG)
        signals.worker_process_shutdown.connect(lambda **_: sender.stop(), weak=False)
        sender.start()


@shared_task(name="lineage.forget_given_up", ignore_result=True)
def forget_given_up() -> None:
    services.forget_given_up(now=timezone.now())
