"""Runs that people ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.dispatch import services as dispatch
from apps.dispatch.domain import Status
from apps.dispatch.models import LiveJob, Task
from apps.platform.errors import Conflict, Invalid
from apps.runs.domain import Blocks

MOST_RERUN = 1_000
_OVER = (Status.COMPLETED, Status.FAILED, Status.CANCELED)


@dataclass(frozen=True)
class Asked:
    """`blocks`: inclusive. `key`: asked again with the same, it is the same run."""

    blocks: Blocks | None = None
    key: str | None = None


@dataclass(frozen=True)
class Begun:
    """`is_new`: False where the key was one that had been asked with before."""

    task_ids: list[UUID]
    is_new: bool


@transaction.atomic
def start_job(job: LiveJob, asked: Asked, *, by: Actor, now: datetime) -> Begun:
    """A manual source starts; of a job that listens, its tasks over the range are done again."""
    # An activation that takes the job away waits, or has.
    live = LiveJob.objects.select_for_update(of=("self",), no_key=True).select_related("dag").get(pk=job.pk)
    if live.job_id is None:
        words = f"`{live.name}` is in no active version of `{live.dag.name}`: activate one that has it, then start it."
        raise Conflict(words, code="job_not_active")
    if live.paused_at is not None:
        raise Conflict(f"`{live.name}` is paused: resume it, then start it.", code="job_paused")
    begun = _rerun(live, asked, by=by) if not live.source else _start(live, asked, by=by, now=now)
    if begun.is_new:
        told = {"range": list(asked.blocks) if asked.blocks else None, "tasks": len(begun.task_ids)}
        subject = Subject("job", str(live.pk), f"{live.dag.name}/{live.name}")
        audit.record("job.start", subject, by=by, org_id=live.org_id, after=told)
    return begun


def _start(live: LiveJob, asked: Asked, *, by: Actor, now: datetime) -> Begun:
    if live.source != "manual":
        words = f"`{live.name}` is a source of kind {live.source}: only a manual source is started by hand."
        raise Invalid(words, code="not_manual")
    started = dispatch.start_by_hand(live, block_range=asked.blocks, request_key=asked.key, made_by=by.person_id, now=now)
    return Begun([started.task_id], started.is_new)


def _rerun(live: LiveJob, asked: Asked, *, by: Actor) -> Begun:
    if asked.key:
        words = "An Idempotency-Key is for a run of a manual source; re-running a job over a range has none."
        raise Invalid(words, code="key_not_taken")
    if asked.blocks is None:
        words = f"`{live.name}` runs on events: name a range, and its tasks over those blocks are done again."
        raise Invalid(words, code="range_needed")
    ids = _newest_over(live, asked.blocks)
    if not ids:
        words = (
            f"No task of `{live.name}` over these blocks has ended, so there is nothing to do again. Start its source over them."
        )
        raise Invalid(words, code="nothing_in_range")
    if len(ids) > MOST_RERUN:
        words = f"More than {MOST_RERUN} partitions of `{live.name}` lie in this range: name a smaller one, several times."
        raise Invalid(words, code="range_too_long")
    return Begun([one.id for one in dispatch.rerun_tasks(ids, alone=False, made_by=by.person_id)], is_new=True)


def _newest_over(live: LiveJob, blocks: Blocks) -> list[UUID]:
    """Of each partition the newest task, if it is over: one that is under way does it anyway."""
    # Uses index task_job.
    tasks = Task.objects.filter(job_id=live.pk, range_start__lte=blocks[1], range_end__gte=blocks[0])
    newest = tasks.order_by("range_start", "range_end", "-pk").distinct("range_start", "range_end")
    return [task_id for task_id, status in newest.values_list("pk", "status")[: MOST_RERUN + 1] if status in _OVER]
