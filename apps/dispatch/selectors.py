from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from apps.dispatch.domain import Status
from apps.dispatch.models import HandedHour, Probe, Task, Worker
from apps.orgs.models import Org


@dataclass(frozen=True)
class RoundTrip:
    """The newest probe that came back, and whether one is overdue."""

    received_at: datetime | None
    milliseconds: float | None
    worker_id: str
    is_late: bool


def round_trip(*, now: datetime, interval: timedelta) -> RoundTrip:
    # Uses index probe_received.
    newest = Probe.objects.filter(received_at__isnull=False).order_by("-received_at").first()
    if newest is None or newest.received_at is None:
        return RoundTrip(None, None, "", is_late=Probe.objects.filter(sent_at__lt=now - interval).exists())
    took = (newest.received_at - newest.sent_at).total_seconds() * 1000
    # Two intervals and a half: one probe may just be under way, one may have met a restart.
    return RoundTrip(newest.received_at, took, newest.worker_id, is_late=now - newest.received_at > interval * 2.5)


def tasks_under_way(org: Org) -> int:
    # Uses index task_under_way.
    live = Q(status=Status.RUNNING) | Q(status=Status.QUEUED, handed_at__isnull=False)
    return Task.objects.of(org).filter(live).count()


def handed_this_hour(org: Org) -> int:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    return HandedHour.objects.filter(org_id=org.pk, hour=hour).values_list("handed", flat=True).first() or 0


def workers() -> list[Worker]:
    return list(Worker.objects.order_by("-last_seen_at")[:100])
