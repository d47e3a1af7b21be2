"""The outbox loops. Started by a commit at once, and by beat for what a lost wake-up left behind."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from apps.outbox import selectors, services
from apps.outbox.wake import PUBLISH
from apps.platform import metrics

# Beat comes every 15 s anyway; only what is due before that needs a wake-up of its own.
_BEAT_SECONDS = 15


@shared_task(name=PUBLISH, ignore_result=True)
def publish() -> None:
    """Drain what is due; a row that failed wakes us again when its back-off ends."""
    with metrics.LOOP_SECONDS.labels(PUBLISH).time():
        is_well = services.drain(settings.CONFIG)
    if not is_well and (due := selectors.seconds_until_due()) is not None and due < _BEAT_SECONDS:
        publish.apply_async(countdown=max(due, 0.05))


@shared_task(name="outbox.tidy", ignore_result=True)
def tidy() -> None:
    services.give_up_on_dead_rows(settings.CONFIG)
    services.prune(settings.CONFIG)
    overview = selectors.overview()
    metrics.OUTBOX_PENDING.set(overview.pending)
    metrics.OUTBOX_TERMINAL.set(overview.failed)
