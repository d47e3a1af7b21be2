from __future__ import annotations

from celery import shared_task

from apps.dispatch import services


@shared_task(name="dispatch.send_probe", ignore_result=True)
def send_probe() -> None:
    services.send_probe()
