"""The outbox loops that beat starts. What a commit puts is published by a listener, at once; this is for what it missed."""

from __future__ import annotations

import os
import signal

from celery import shared_task, signals
from django.conf import settings

from apps.outbox import selectors, services
from apps.outbox.publisher import Publisher
from apps.outbox.wake import FAILED, wake_publisher
from apps.platform import metrics


@signals.worker_process_init.connect
def _publish_what_is_put(**_: object) -> None:
    """In each child of the dispatcher: a thread is not inherited."""
    publisher = Publisher(settings.CONFIG, died=_end_this_child)
    signals.worker_process_shutdown.connect(lambda **_: publisher.stop(), weak=False)
    publisher.start()


def _end_this_child() -> None:
    """The dispatcher starts another one in its place, with a publisher."""
    os.kill(os.getpid(), signal.SIGTERM)


@shared_task(name="outbox.publish", ignore_result=True)
def publish() -> None:
    if services.drain(settings.CONFIG).has_failures:
        # Publishers look when it is due; the next of these may come much later.
        wake_publisher(word=FAILED)


@shared_task(name="outbox.tidy", ignore_result=True)
def tidy() -> None:
    services.give_up_on_dead_rows(settings.CONFIG)
    services.prune(settings.CONFIG)
    overview = selectors.overview()
    metrics.OUTBOX_PENDING.set(overview.pending)
    metrics.OUTBOX_TERMINAL.set(overview.failed)
