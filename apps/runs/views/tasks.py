"""One task: what it is, what is done with it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.dispatch.models import Task
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import changed_at
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.platform.errors import UserError
from apps.runs import selectors, services
from apps.runs.domain import Tally
from apps.runs.selectors.tree import MOST_WALKED
from apps.runs.views.frame import asker, may_act, page, reach, seen

PAGE = "runs:task"
AT = ("slug", "task_id")


@require_GET
@org_page(Action.RUNS_VIEW)
def task(request: OrgRequest, task_id: UUID) -> HttpResponse:
    """The page, or to htmx only the part that changes."""
    found, job = reach(request, task_id)
    now, theirs = timezone.now(), seen(request)
    tally = selectors.tallies_of([found.root_id], theirs.ids, most=MOST_WALKED).get(found.root_id, Tally())
    context = {
        "detail": selectors.detail_of(found, job, theirs, seconds=_seconds(found, now)),
        "data": selectors.data_of(found, job, asker(request, theirs)), "most_pieces": selectors.MOST_PIECES, "task": found, "job": job, "seen": theirs,
        "tree": selectors.tree_of(found.root_id, theirs, total=tally.total, now=now), "tally": tally,
        "may_act": may_act(request, job), "now": now, "is_over": found.ended_at is not None and found.next_retry_at is None,
        "is_live": job.job_id is not None and job.generation == found.generation,
    }  # fmt: skip
    if request.headers.get("HX-Request"):
        return render(request, "runs/_task.html", context)
    return page(request, "runs/task.html", [{"name": f"{job.dag.name} / {job.name}"}], context)


def _seconds(task: Task, now: datetime) -> float | None:
    if task.claimed_at is None:
        return None
    return max(0.0, ((task.ended_at or now) - task.claimed_at).total_seconds())


@require_GET
@org_page(Action.RUNS_ACT)
def rerunning(request: OrgRequest, task_id: UUID) -> HttpResponse:
    """What doing it again makes again: asked before it is done."""
    found, job = reach(request, task_id, Level.CHANGE)
    context = {"task": found, "job": job, "below": selectors.below(found, seen(request))}
    crumbs = [{"name": f"{job.dag.name} / {job.name}"}, {"name": "Re-run"}]
    return page(request, "runs/rerun.html", crumbs, context)


@posted_from(PAGE, *AT)
@org_page(Action.RUNS_ACT)
def rerun(request: OrgRequest, task_id: UUID) -> HttpResponse:
    found, job = reach(request, task_id, Level.CHANGE)
    alone = request.POST.get("alone") == "1"
    try:
        made = services.rerun_task(found, job, alone=alone, by=actor_of(request))
    except UserError as error:
        messages.error(request, error.message)
        return redirect(PAGE, request.org.slug, task_id)
    words = "This task does it again, by itself." if alone else "This task does it again, and all below it follows."
    messages.success(request, words)
    return redirect(PAGE, request.org.slug, made)


@posted_from(PAGE, *AT)
@org_page(Action.RUNS_ACT)
def cancel(request: OrgRequest, task_id: UUID) -> HttpResponse:
    found, job = reach(request, task_id, Level.CHANGE)
    note = "Canceled." if found.status != "running" else "Its worker learns at its next heartbeat that nobody wants it any more."
    return _changed(request, task_id, note, lambda: services.cancel_task(found, job, by=actor_of(request)))


@posted_from(PAGE, *AT)
@org_page(Action.RUNS_ACT)
def retry(request: OrgRequest, task_id: UUID) -> HttpResponse:
    found, job = reach(request, task_id, Level.CHANGE)
    return _changed(
        request, task_id, "Queued again, with all its attempts.", lambda: services.retry_task(found, job, by=actor_of(request))
    )


def _changed(request: OrgRequest, task_id: UUID, note: str, change) -> HttpResponse:  # type: ignore[no-untyped-def]
    return changed_at(request, note, change, PAGE, request.org.slug, task_id)
