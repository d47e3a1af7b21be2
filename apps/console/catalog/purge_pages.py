"""An admin gives up a version, or what was superseded: first they see what goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.catalog import one
from apps.console.catalog.around import PAGE, back, done, frame, tab_of
from apps.console.catalog.invalidating import subject_of
from apps.console.catalog.purging import output_of, unwanted_of, version_named
from apps.dags.models import Dag
from apps.datasets.models import Dataset
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.policy import Action
from apps.platform.errors import Invalid, UserError
from apps.runs import selectors as runs
from apps.runs import services
from apps.runs.selectors import Unwanted


@require_GET
@org_page(Action.DATASETS_PURGE)
def purging(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found = one.get_dataset(request.org, dataset_name)
    try:
        unwanted = _typed(found, request.GET.dict(), now=timezone.now())
        runs.check_unwanted(unwanted, Dag.objects.filter(pk=unwanted.output.dag_id).first())
    except UserError as error:
        return back(request, found.name, "versions", error.message)
    context = frame(request, found, "versions", "Purge") | {
        "unwanted": unwanted, "preview": runs.purge_preview(unwanted),
        "given": {name: request.GET.get(name, "") for name in ("version", "superseded", "days")}
        | ({"before": unwanted.before.isoformat()} if unwanted.before else {}),
    }  # fmt: skip
    return render(request, "catalog/purge.html", context)


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_PURGE)
def purge(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found, now = one.get_dataset(request.org, dataset_name), timezone.now()
    try:
        unwanted = _as_shown(_typed(found, request.POST.dict(), now=now), request.POST.get("before", ""))
        services.purge(subject_of(found), unwanted, by=actor_of(request), now=now)
    except UserError as error:
        return back(request, found.name, "versions", error.message)
    messages.success(request, "It is being purged; the list below says how far it is.")
    return redirect(tab_of(request, found.name, "versions"))


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_PURGE)
def retry(request: OrgRequest, dataset_name: str, purge_id: UUID) -> HttpResponse:
    found = one.get_dataset(request.org, dataset_name)
    note = "It is tried again now; the list below says how far it is."
    return done(
        request, found.name, "versions", note,
        lambda: services.purge_again(subject_of(found), output_of(found), purge_id, by=actor_of(request)),
    )  # fmt: skip


def _typed(found: Dataset, given: Mapping[str, str], *, now: datetime) -> Unwanted:
    days = given.get("days", "").strip() or "0"
    if not (days.isascii() and days.isdigit() and len(days) <= 6):
        raise Invalid("Days are a whole number.", code="bad_days")
    version = version_named(given.get("version", ""))
    return unwanted_of(found, version, superseded=bool(given.get("superseded")), days=int(days), now=now)


def _as_shown(unwanted: Unwanted, before: str) -> Unwanted:
    """What was superseded while somebody read the page was not shown to them, and stays."""
    if unwanted.before is None:
        return unwanted
    try:
        shown = datetime.fromisoformat(before)
    except ValueError:
        shown = None
    if shown is None or shown.tzinfo is None:
        raise Invalid("Look at what goes first.", code="purge_what")
    return replace(unwanted, before=min(unwanted.before, shown))
