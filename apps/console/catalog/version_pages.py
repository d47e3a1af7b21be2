"""Two versions of a dataset side by side; and one of its partitions as it was before."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.catalog.around import PAGE, back, frame, reached, tab_of
from apps.console.catalog.invalidating import subject_of
from apps.console.catalog.purging import output_of, version_named, version_of
from apps.console.catalog.version_diff import compared
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.platform.errors import Invalid, UserError
from apps.runs import services


@require_GET
@org_page(Action.DATASETS_VIEW)
def comparing(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found = reached(request, dataset_name, Level.VIEW)
    try:
        output = output_of(found)
        before, after = (version_named(request.GET.get(name, "")) for name in ("before", "after"))
        if before is None or after is None:
            raise Invalid("Choose two versions.", code="two_needed")
        diff = compared(version_of(output, before), version_of(output, after))
    except UserError as error:
        return back(request, found.name, "versions", error.message)
    return render(request, "catalog/compare.html", frame(request, found, "versions", "Compare") | {"diff": diff})


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.RUNS_ACT)
def restore(request: OrgRequest, dataset_name: str, piece_id: UUID) -> HttpResponse:
    found = reached(request, dataset_name)
    try:
        piece = services.restore(subject_of(found), output_of(found), piece_id, by=actor_of(request))
    except UserError as error:
        return back(request, found.name, "partitions", error.message)
    messages.success(request, f"Readers get {piece.key} again as it was. Jobs that read it do their part again.")
    return redirect(tab_of(request, found.name, "partitions"))
