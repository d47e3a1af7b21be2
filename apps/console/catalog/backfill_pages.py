"""A person has a part of a dataset made: first they see what that is."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.catalog.around import PAGE, back, frame, reached
from apps.console.catalog.backfilling import choice_typed, making
from apps.console.catalog.invalidating import subject_of
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import who
from apps.orgs.policy import Action
from apps.platform.errors import UserError
from apps.runs import selectors as runs
from apps.runs import services

MOST_SHOWN = 50


@require_GET
@org_page(Action.RUNS_ACT)
def backfilling(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found, now = reached(request, dataset_name), timezone.now()
    try:
        choice = choice_typed(request.GET)
        made = making(found, who(request), now=now)
        preview = runs.previewed(made.output, made.version, choice, may_start=made.may_start)
    except UserError as error:
        return back(request, found.name, "partitions", error.message)
    seen = runs.jobs_seen(request.org, who(request), now=now)
    context = frame(request, found, "partitions", "Backfill") | {
        "choice": choice, "plan": preview.plan, "rewritten": preview.rewritten, "most": MOST_SHOWN,
        "below": [seen.jobs.get(job_id) for job_id in preview.below], "output": made.output[0],
    }  # fmt: skip
    return render(request, "catalog/backfill.html", context)


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.RUNS_ACT)
def backfill(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found, now = reached(request, dataset_name), timezone.now()
    try:
        choice, made = choice_typed(request.POST), making(found, who(request), now=now)
        done = services.backfill(
            subject_of(found), made.output, made.version, choice, may_start=made.may_start, by=actor_of(request), now=now
        )
    except UserError as error:
        return back(request, found.name, "partitions", error.message)
    tasks = done.preview.plan.tasks
    messages.success(request, f"{tasks:,} task{'' if tasks == 1 else 's'} of a backfill of {found.name}: this is its run.")
    return redirect("runs:task", request.org.slug, done.run)
