"""The loops, as Celery runs them: a change starts what it can at once, and beat finds the rest."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.dispatch import runtimes, services
from apps.platform import metrics

# Beat comes every 15 s; what is due before that is waited for to the moment.
_BEAT_SECONDS = 15
# Longer than any wake-up takes on its way; a task that was told of twice is claimed once.
_UNHEARD_SECONDS, _UNROUTED_SECONDS = 60, 30


@shared_task(name="dispatch.send_probe", ignore_result=True)
def send_probe() -> None:
    services.send_probe()


@shared_task(name="dispatch.fire_cron", ignore_result=True)
def fire_cron() -> None:
    with metrics.LOOP_SECONDS.labels("dispatch.fire_cron").time():
        while services.fire_due(now=timezone.now()):
            pass
    _again(fire_cron, services.seconds_until_tick(now=timezone.now()))


@shared_task(name="dispatch.retry", ignore_result=True)
def retry() -> None:
    with metrics.LOOP_SECONDS.labels("dispatch.retry").time():
        while services.retry_due():
            pass
    _again(retry, services.seconds_until_retry())


def _again(loop, seconds: float | None) -> None:  # type: ignore[no-untyped-def]
    if seconds is not None and seconds < _BEAT_SECONDS:
        loop.apply_async(countdown=max(seconds, 0.01))


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


@shared_task(name="dispatch.clean", ignore_result=True)
def clean() -> None:
    services.turn_months(keep_months=settings.CONFIG.task_keep_months)


@shared_task(name="dispatch.reconcile", ignore_result=True)
def reconcile() -> None:
    """What somebody should have been told of and was not."""
    with metrics.LOOP_SECONDS.labels("dispatch.reconcile").time():
        services.wake_unheard(after_seconds=_UNHEARD_SECONDS)
        services.route_forgotten(after_seconds=_UNROUTED_SECONDS)
        services.let_in_late()
        services.hand_over_everywhere()
