"""A person has readers get again what was superseded: first they see what it replaces, and who does their part again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.catalog.around import PAGE, back, frame, reached, tab_of
from apps.console.catalog.invalidating import subject_of
from apps.console.catalog.purging import output_of
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import who
from apps.orgs.policy import Action
from apps.platform.errors import Invalid, UserError
from apps.runs import selectors as runs
from apps.runs import services


@require_GET
@org_page(Action.RUNS_ACT)
def restoring(request: OrgRequest, dataset_name: str, piece_id: UUID) -> HttpResponse:
    found = reached(request, dataset_name)
    try:
        preview = runs.restore_preview(output_of(found), piece_id)
    except UserError as error:
        return back(request, found.name, "partitions", error.message)
    seen = runs.jobs_seen(request.org, who(request), now=timezone.now())
    context = frame(request, found, "partitions", "Restore") | {
        "preview": preview, "affected": [(seen.jobs.get(row.job.pk), row.tasks) for row in preview.affected],
    }  # fmt: skip
    return render(request, "catalog/restore.html", context)


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.RUNS_ACT)
def restore(request: OrgRequest, dataset_name: str, piece_id: UUID) -> HttpResponse:
    found = reached(request, dataset_name)
    try:
        shown = _shown(request.POST.getlist("replaces"))
        done = services.restore(subject_of(found), output_of(found), piece_id, by=actor_of(request), shown=shown)
    except UserError as error:
        return back(request, found.name, "partitions", error.message)
    tasks = f"{done.tasks:,} task{'' if done.tasks == 1 else 's'} of the jobs that read it do their part again."
    note = tasks if done.affected else "No active job reads it."
    messages.success(request, f"Readers get {done.piece.key} again as it was. {note}")
    return redirect(tab_of(request, found.name, "partitions"))


def _shown(given: list[str]) -> set[UUID]:
    """What the page said that it replaces: what was committed since was not shown, and stays."""
    try:
        return {UUID(one) for one in given}
    except ValueError:
        raise Invalid("Look at what it replaces first.", code="restore_what") from None
