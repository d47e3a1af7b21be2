"""A person has a chosen part of a dataset made, or made anew."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.datasets.models import Version
from apps.dispatch import services as dispatch
from apps.dispatch.models import LiveJob
from apps.platform.errors import Conflict
from apps.runs.selectors.backfills import Choice, Preview, previewed
from apps.runs.selectors.invalidations import Output


@dataclass(frozen=True)
class Backfilled:
    """`run`: the task that the run began with."""

    run: UUID
    preview: Preview


@transaction.atomic
def backfill(
    subject: Subject,
    output: Output,
    version: Version | None,
    choice: Choice,
    *,
    may_start: Collection[UUID],
    by: Actor,
    now: datetime,
) -> Backfilled:
    # An activation that makes another job of it waits, or has.
    live = LiveJob.objects.select_for_update(of=("self",), no_key=True).select_related("dag").get(pk=output[0].pk)
    if live.paused_at is not None:
        raise Conflict(f"`{live.name}` is paused: resume it, then choose again.", code="job_paused")
    dispatch.hold_job(live)
    preview = previewed((live, output[1]), version, choice, may_start=may_start)
    plan = preview.plan
    if not plan.tasks:
        raise Conflict(_why_nothing(preview), code="nothing_to_backfill")
    run = dispatch.begin_backfill(live, plan, made_by=by.person_id, now=now)
    told = {"run": str(run), "tasks": plan.tasks, "rewritten": len(preview.rewritten.keys), "started": len(plan.starts)}
    audit.record("dataset.backfill", subject, by=by, org_id=live.org_id, after={**choice.told, **told})
    return Backfilled(run, preview)


def _why_nothing(preview: Preview) -> str:
    plan = preview.plan
    if plan.lacking:
        key, why = plan.lacking[0]
        more = f" (and {len(plan.lacking) - 1} more)" if len(plan.lacking) > 1 else ""
        return f"Nothing can be made of {key}{more}: {why}."
    if plan.under_way:
        return "All of it is under way already: look at the runs of its job."
    return "There is nothing of the kind: nothing is missing, or old."
