from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import changed, may
from apps.orgs.policy import Action
from apps.pii import selectors, services
from apps.pii.forms import HANDLINGS, KINDS, ClassifyForm, MarkingForm
from apps.pii.telling import said_of_column
from apps.pii.views.frame import listed, pii_page
from apps.platform.errors import UserError

PAGE = "pii:columns"


@require_GET
@org_page(Action.PII_VIEW)
def columns(request: OrgRequest) -> HttpResponse:
    return _page(request, ClassifyForm())


@posted_from(PAGE, "slug")
@org_page(Action.PII_CLASSIFY)
def classify(request: OrgRequest) -> HttpResponse:
    form = ClassifyForm(request.POST)
    if form.is_valid():
        dataset, column = form.cleaned_data["dataset"], form.cleaned_data["column"]
        try:
            row = services.classify(request.org, dataset, column, form.marking(), by=actor_of(request), now=timezone.now())
        except UserError as error:
            form.add_error("dataset" if error.code == "pii_bad_dataset" else "column", error.message)
        else:
            messages.success(request, f"{row.column} of {row.dataset} is closed now to whoever has no grant.")
            return redirect(PAGE, request.org.slug)
    return _page(request, form, status=422)


@posted_from(PAGE, "slug")
@org_page(Action.PII_CLASSIFY)
def reclassify(request: OrgRequest, column_id: UUID) -> HttpResponse:
    row = selectors.get_classified(request.org, column_id)
    form = MarkingForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a kind and what others get, with a note of at most 500 characters.")
        return redirect(PAGE, request.org.slug)
    return changed(
        request, PAGE, f"{row.column} of {row.dataset} is changed.",
        lambda: services.reclassify(row, form.marking(), by=actor_of(request), now=timezone.now()),
    )  # fmt: skip


@posted_from(PAGE, "slug")
@org_page(Action.PII_CLASSIFY)
def declassify(request: OrgRequest, column_id: UUID) -> HttpResponse:
    row = selectors.get_classified(request.org, column_id)
    return changed(
        request, PAGE, f"{row.column} of {row.dataset} is no longer classified.",
        lambda: services.declassify(row, by=actor_of(request)),
    )  # fmt: skip


def _page(request: OrgRequest, form: ClassifyForm, *, status: int = 200) -> HttpResponse:
    context = {
        "rows": listed(request, selectors.classifications_of(request.org), "page"), "form": form, "kinds": KINDS, "handlings": HANDLINGS,
        "can_classify": may(request, Action.PII_CLASSIFY),
        "history": [(one, said_of_column(one)) for one in selectors.history_of(request.org)] if may(request, Action.PII_VIEW_ALL) else [],
    }  # fmt: skip
    return pii_page(request, "columns", context, status=status)
