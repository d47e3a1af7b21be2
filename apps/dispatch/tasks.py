"""The loops, as Celery runs them: a change starts what it can at once, and beat finds the rest."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.dispatch import runtimes, services
from apps.platform import metrics

# Beat comes every 15 s; what is due before that is waited for to the moment.
_BEAT_SECONDS = 15.0
# What is due and is not taken is in another's hands.
_SHORTEST_SECONDS = 0.05
# Longer than any wake-up takes on its way; a task that was told of twice is claimed once.
_UNHEARD_SECONDS, _UNROUTED_SECONDS = 60, 30


@shared_task(name="dispatch.send_probe", ignore_result=True)
def send_probe() -> None:
    services.send_probe()


@shared_task(name="dispatch.fire_cron", ignore_result=True)
def fire_cron(left_seconds: float = _BEAT_SECONDS) -> None:
    with metrics.LOOP_SECONDS.labels("dispatch.fire_cron").time():
        while services.fire_due(now=timezone.now()):
            pass
    _again(fire_cron, services.seconds_until_tick(now=timezone.now()), left_seconds)


@shared_task(name="dispatch.retry", ignore_result=True)
def retry(left_seconds: float = _BEAT_SECONDS) -> None:
    with metrics.LOOP_SECONDS.labels("dispatch.retry").time():
        while services.retry_due():
            pass
    _again(retry, services.seconds_until_retry(), left_seconds)


def _again(loop, due_seconds: float | None, left_seconds: float) -> None:  # type: ignore[no-untyped-def]
    if (wait := seconds_until_next_look(due_seconds, left_seconds)) is not None:
        loop.apply_async(args=[left_seconds - wait], countdown=wait)


def seconds_until_next_look(due_seconds: float | None, left_seconds: float) -> float | None:
    """None: beat comes before. Looks that follow each other end there; else every beat would begin another line of them, and
    where something is always due none would ever end.
    """
    wait = None if due_seconds is None else max(due_seconds, _SHORTEST_SECONDS)
    return wait if wait is not None and wait < left_seconds else None


@shared_task(name="dispatch.reap", ignore_result=True)
def reap() -> None:
    with metrics.LOOP_SECONDS.labels("dispatch.reap").time():
        while services.reap_expired_leases():
            pass


@shared_task(name="dispatch.watch", ignore_result=True)
def watch() -> None:
    """Containers that stopped; sources that should run and do not; queues that are too long, or no longer."""
    with metrics.LOOP_SECONDS.labels("dispatch.watch").time():
        runtimes.watch_containers()
        services.keep_sources()
        services.press()


@shared_task(name="dispatch.invalidations", ignore_result=True)
def invalidations() -> None:
    """What does not hold any more and was not planned; what was done and nobody saw it."""
    with metrics.LOOP_SECONDS.labels("dispatch.invalidations").time():
        services.plan_invalidations()
        services.settle_open()


@shared_task(name="dispatch.clean", ignore_result=True)
def clean() -> None:
    services.turn_months(keep_months=settings.CONFIG.task_keep_months)


@shared_task(name="dispatch.sweep", ignore_result=True)
def sweep() -> None:
    with metrics.LOOP_SECONDS.labels("dispatch.sweep").time():
        services.sweep(keep_days=settings.CONFIG.staging_keep_days, now=timezone.now())


@shared_task(name="dispatch.reconcile", ignore_result=True)
def reconcile() -> None:
    """What somebody should have been told of and was not."""
    with metrics.LOOP_SECONDS.labels("dispatch.reconcile").time():
        services.wake_unheard(after_seconds=_UNHEARD_SECONDS)
        services.route_forgotten(after_seconds=_UNROUTED_SECONDS)
        services.let_in_late()
        services.advance_open_builds()
        services.hand_over_everywhere()


@shared_task(name="dispatch.lateness", ignore_result=True)
def lateness() -> None:
    """Datasets that should have changed by now."""
    with metrics.LOOP_SECONDS.labels("dispatch.lateness").time():
        # One moment for all of them: what is late is due again after it, and with enough of that the loop would never end.
        now = timezone.now()
        while services.watch_lateness(now=now):
            pass
