"""The wake-up of the publisher, by name: importing the task here would make a circle of services and tasks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from celery import current_app

PUBLISH = "outbox.publish"
_is_draining: ContextVar[bool] = ContextVar("is_draining", default=False)


def wake_publisher() -> None:
    if not _is_draining.get():
        current_app.send_task(PUBLISH, ignore_result=True, retry=False)


@contextmanager
def draining() -> Iterator[None]:
    """Whoever drains looks again before it rests: what its own effects put needs no wake-up."""
    before = _is_draining.set(True)
    try:
        yield
    finally:
        _is_draining.reset(before)
