"""Two versions of a dataset side by side."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.console.catalog.around import back, frame, reached
from apps.console.catalog.pieces import numbers_of
from apps.console.catalog.purging import output_of, version_named, version_of
from apps.console.catalog.version_diff import compared
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.platform.errors import Invalid, UserError


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
    # Of each the last version of the DAG that was made of it.
    numbers = numbers_of([diff.before, diff.after])
    last = [numbers[one.pk][-1] if one.pk in numbers else None for one in (diff.before, diff.after)]
    context = {"diff": diff, "dag": output.dag, "numbers": last if all(last) else None}
    return render(request, "catalog/compare.html", frame(request, found, "versions", "Compare") | context)
