"""The wake-up of the publisher, by name: importing the task here would make a circle of services and tasks."""

from __future__ import annotations

from celery import current_app

PUBLISH = "outbox.publish"


def wake_publisher() -> None:
    current_app.send_task(PUBLISH, ignore_result=True, retry=False)
