"""What starts sources: ticks, calls from outside, people. Whoever asked is answered once the task is written."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from uuid import UUID, uuid4

from django.db import transaction

from apps.dags.document.schedules import parse_schedule
from apps.dispatch.domain import Cause, cron_key
from apps.dispatch.models import Dedupe, LiveJob, MissedTick
from apps.dispatch.services.creating import Wish, create_tasks
from apps.dispatch.services.handing import top_up

# Of a source that was down for long, the newest are told one by one.
_MOST_MISSED = 1_000
_BITE = 200


@dataclass(frozen=True)
class Started:
    """`is_new`: False for a request that came twice."""

    task_id: UUID
    is_new: bool


@transaction.atomic
def fire_due(*, now: datetime) -> int:
    """Each due cron source once, for its latest tick; the ticks before it are noted as missed."""
    # Uses index live_job_due. Another scheduler has what is locked.
    due = list(
        LiveJob.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .filter(next_fire_at__lte=now, job__isnull=False).order_by("next_fire_at")[:_BITE]
    )  # fmt: skip
    fired = [_fire(job, now=now) for job in due]
    create_tasks([wish for wish in fired if wish])
    top_up({job.org_id for job in due})
    return len(due)


def _fire(job: LiveJob, *, now: datetime) -> Wish | None:
    """Of a job that is held back every tick is missed: it goes on with the next, not with all of them."""
    assert job.next_fire_at is not None  # noqa: S101  it is due
    ticks = _ticks(job.schedule, job.next_fire_at, now)
    latest = ticks[-1]
    missed = ticks if job.paused_at else ticks[:-1]
    MissedTick.objects.bulk_create(
        [MissedTick(job=job, scheduled_at=tick) for tick in missed[-_MOST_MISSED:]], ignore_conflicts=True
    )
    job.last_fired_at = job.last_fired_at if job.paused_at else latest
    job.next_fire_at = next(parse_schedule(job.schedule).ticks_after(now), None)
    job.save(update_fields=["last_fired_at", "next_fire_at"])
    return None if job.paused_at else Wish(job.pk, cron_key(latest), Cause.CRON, fired={"at": latest.isoformat()})


def _ticks(schedule: str, first: datetime, now: datetime) -> Sequence[datetime]:
    return [first, *takewhile(lambda tick: tick <= now, parse_schedule(schedule).ticks_after(first))]


def seconds_until_tick(*, now: datetime) -> float | None:
    # Uses index live_job_due.
    nearest = (
        LiveJob.objects.filter(next_fire_at__isnull=False).order_by("next_fire_at").values_list("next_fire_at", flat=True).first()
    )
    return (nearest - now).total_seconds() if nearest else None


@transaction.atomic
def start_by_hand(
    job: LiveJob, *, block_range: tuple[int, int] | None, request_key: str | None, made_by: UUID | None, now: datetime
) -> Started:
    """`request_key`: asked again with the same key, it is the same task."""
    start, end = block_range or (None, None)
    fired = {"at": now.isoformat(), "start": start, "end": end}
    key = f"manual:{request_key or uuid4()}"
    return _start(Wish(job.pk, key, Cause.MANUAL, start=start, end=end, fired=fired, made_by=made_by))


@transaction.atomic
def start_by_call(job: LiveJob, *, delivery_id: str, body: bytes, now: datetime) -> Started:
    """A delivery to a webhook. Without an id of the sender's, the same body is the same delivery."""
    delivery_id = delivery_id or hashlib.sha256(body).hexdigest()
    call = {"id": delivery_id, "body": base64.b64encode(body).decode()}
    return _start(Wish(job.pk, f"webhook:{delivery_id}", Cause.WEBHOOK, fired={"at": now.isoformat(), "request": call}))


def _start(wish: Wish) -> Started:
    created = create_tasks([wish])
    top_up({one.org_id for one in created})
    if created:
        return Started(created[0].id, is_new=True)
    return Started(Dedupe.objects.values_list("task_id", flat=True).get(job_id=wish.job_id, key=wish.key), is_new=False)
