"""The loops: completions top up streams at once, and beat finds what they missed."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.platform import metrics
from apps.syncing import services
from apps.syncing.heads import GatewayHeads

_BEAT_SECONDS = 15.0
# What is due and is not taken is in another's hands.
_SHORTEST_SECONDS = 0.5


@shared_task(name="syncing.plan", ignore_result=True)
def plan() -> None:
    with metrics.LOOP_SECONDS.labels("syncing.plan").time():
        services.look_after_all(now=timezone.now())


@shared_task(name="syncing.follow", ignore_result=True)
def follow(left_seconds: float = _BEAT_SECONDS) -> None:
    """Looks follow each other until beat's next: a head is polled more often than beat ticks."""
    with metrics.LOOP_SECONDS.labels("syncing.follow").time():
        services.follow_heads(GatewayHeads(), now=timezone.now())
    due = services.seconds_until_look(now=timezone.now())
    wait = None if due is None else max(due, _SHORTEST_SECONDS)
    if wait is not None and wait < left_seconds:
        follow.apply_async(args=(left_seconds - wait,), countdown=wait)
