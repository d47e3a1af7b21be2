"""What a task read and found to be wrong: whoever made it makes it again, of what it was made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from apps.datasets.models import Partition, Version
from apps.dispatch.chosen import chosen
from apps.dispatch.domain import Cause
from apps.dispatch.models import LiveJob, Pin, Task
from apps.dispatch.services.backfilling import begin_backfill, hold_job
from apps.dispatch.services.covering import plan_backfill
from apps.outbox import services as outbox
from apps.outbox.services import Outgoing

log = structlog.get_logger("trace.dispatch")

DISPUTE = "dispute"
# Of one partition in a day: what is wrong again after so many is wrong for another reason, and would be made for ever.
MOST_A_DAY = 3


@dataclass(frozen=True)
class Disputed:
    """A pin that an attempt says is of something wrong."""

    org_id: UUID
    task_id: UUID
    attempt: int
    pin: UUID


def put_disputes(said: Iterable[Disputed]) -> None:
    """Of pins that are the attempt's own; others are nobody's to dispute. Inside the transaction of its end."""
    for one in said:
        pin = Pin.objects.of(one.task_id).filter(pk=one.pin, attempt=one.attempt, partition_id__isnull=False).first()
        if pin is not None:
            payload = {
                "partition_id": str(pin.partition_id),
                "version_id": str(pin.version_id),
                "key": pin.key,
                "task_id": str(one.task_id),
            }
            outbox.put_many([Outgoing(DISPUTE, payload, one.org_id)])


def make_again(payloads: Iterable[Mapping[str, Any]]) -> None:
    """As often as it comes: what was made since, or is under way, is left alone."""
    by_version: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    for payload in payloads:
        by_version[UUID(payload["version_id"])][UUID(payload["partition_id"])] = str(payload["key"])
    for version_id, partitions in by_version.items():
        _make_again(version_id, partitions)


@transaction.atomic
def _make_again(version_id: UUID, partitions: Mapping[UUID, str]) -> None:
    version = Version.objects.select_related("output").filter(pk=version_id, purged_at=None).first()
    live = _maker(version) if version else None
    if live is None or live.paused_at is not None:
        log.warning("dispute_unheard", version=str(version_id), why="its job is paused, or makes another version now")
        return
    hold_job(live)
    current = Partition.objects.filter(pk__in=partitions, superseded_at=None, purge__isnull=True)
    keys = [key for key in current.values_list("key", flat=True) if not _is_tired(live, key)]
    if not keys:
        return
    now = timezone.now()
    plan = plan_backfill(live, chosen((), keys), there=keys, may_start=())
    for key, why in plan.lacking:
        log.warning("dispute_unheard", job=live.name, partition=key, why=why)
    if plan.tasks:
        begin_backfill(live, plan, made_by=None, now=now)


def _maker(version: Version) -> LiveJob | None:
    """None where another job makes it now, or the same another version."""
    live = LiveJob.objects.filter(dag_id=version.output.dag_id, name=version.output.job, job__isnull=False)
    return live.filter(generation=version.generation).first()


def _is_tired(live: LiveJob, key: str) -> bool:
    """No person made them: a person may ask as often as a person likes."""
    since = timezone.now() - timedelta(days=1)
    scope: dict[str, Any] = {"job_id": live.pk, "cause": Cause.BACKFILL, "made_by_id": None, "created_at__gt": since}
    start, _, end = key.partition("-")
    of_range: dict[str, Any] = (
        {"range_start": int(start), "range_end": int(end)} if start.isdigit() and end.isdigit() else {"partition_key": key}
    )
    if is_tired := Task.objects.filter(**scope, **of_range).count() >= MOST_A_DAY:
        log.warning("dispute_unheard", job=live.name, partition=key, why=f"it was made again {MOST_A_DAY} times in a day")
    return is_tired
