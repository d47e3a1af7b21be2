"""A person says that something of a dataset does not hold any more: first they see what is done again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.catalog.around import PAGE, back, frame, reached, tab_of
from apps.console.catalog.invalidating import outputs_behind, subject_of, what_typed
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import who
from apps.orgs.policy import Action
from apps.platform.errors import UserError
from apps.runs import selectors as runs
from apps.runs import services


@require_GET
@org_page(Action.DATASETS_CHANGE)
def invalidating(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found = reached(request, dataset_name)
    try:
        what = what_typed(request.GET.dict())
    except UserError as error:
        return back(request, found.name, "invalidations", error.message)
    seen = runs.jobs_seen(request.org, who(request), now=timezone.now())
    affected = runs.affected_by(outputs_behind(found), what)
    context = frame(request, found, "invalidations", "Invalidate") | {
        "what": what, "affected": [(seen.jobs.get(row.job.pk), row.tasks) for row in affected],
        "tasks": sum(row.tasks for row in affected),
    }  # fmt: skip
    return render(request, "catalog/invalidate.html", context)


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_CHANGE)
def invalidate(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found = reached(request, dataset_name)
    try:
        what = what_typed(request.POST.dict())
        _, affected = services.invalidate(subject_of(found), outputs_behind(found), what, by=actor_of(request))
    except UserError as error:
        return back(request, found.name, "invalidations", error.message)
    jobs = f"{len(affected)} job{'' if len(affected) == 1 else 's'}" if affected else "nobody: no active job reads it"
    messages.success(request, f"It does not hold any more, and is done again by {jobs}.")
    return redirect(tab_of(request, found.name, "invalidations"))
