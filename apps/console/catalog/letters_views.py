"""The page of a buffered dataset on which dead letters are looked at, put right and tried again."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.catalog import letters, one
from apps.datasets.models import Dataset
from apps.orgs import policy
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import who
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.platform.errors import UserError
from apps.tables import selectors, services

PAGE = "console:dataset"
_MOST_LISTED = 50


def of_tab(request: OrgRequest, found: Dataset) -> dict[str, object]:
    asker, now = who(request), timezone.now()
    closed = letters.closed_columns(found, asker, now=now)
    dead = selectors.dead_letters_of(found)
    listed = list(dead.order_by("-pk")[:_MOST_LISTED])
    shown = next((batch for batch in listed if str(batch.pk) == request.GET.get("batch")), None)
    return {
        "table": selectors.table_of(found), "letters": [letters.told(batch, closed) for batch in listed], "count": dead.count(),
        "shown": letters.whole(shown, closed) if shown else None, "text": letters.text_of(shown, closed) if shown else None,
        "may_download": not closed,
        "may_change": policy.can_reach(asker, Level.CHANGE, found, now=now),
    }  # fmt: skip


@org_page(Action.DATASETS_CHANGE)
@require_GET
def download(request: OrgRequest, dataset_name: str, batch_id: UUID) -> HttpResponse:
    """To a link made now: one in the page would open the rows to whoever has the page. No form: `form-action` stops its redirect."""
    asker, now, found = who(request), timezone.now(), one.get_dataset(request.org, dataset_name)
    policy.require_reach(asker, Level.VIEW, found, now=now)
    closed = letters.closed_columns(found, asker, now=now)
    return redirect(letters.link_of(selectors.get_batch(found, batch_id), closed))


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_CHANGE)
def replay(request: OrgRequest, dataset_name: str, batch_id: UUID) -> HttpResponse:
    found = _reached(request, dataset_name)
    by, now = actor_of(request), timezone.now()
    return _done(request, found, "It is tried again.", lambda: services.replay(batch_id, found.pk, by=by, now=now))


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_CHANGE)
def repair(request: OrgRequest, dataset_name: str, batch_id: UUID) -> HttpResponse:
    found = _reached(request, dataset_name)
    body, by, now = request.POST.get("rows", "").encode(), actor_of(request), timezone.now()
    words = "Its rows go in its place."
    return _done(request, found, words, lambda: services.repair(batch_id, found.pk, body, keep=letters.keep, by=by, now=now))


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_CHANGE)
def look_again(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found = _reached(request, dataset_name)
    by, now = actor_of(request), timezone.now()
    return _done(request, found, "Its table is looked at again.", lambda: services.look_again(found, by=by, now=now))


def _reached(request: OrgRequest, name: str) -> Dataset:
    found = one.get_dataset(request.org, name)
    policy.require_reach(who(request), Level.CHANGE, found, now=timezone.now())
    return found


def _done(request: OrgRequest, found: Dataset, words: str, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
        messages.success(request, words)
    except UserError as refusal:
        messages.error(request, refusal.message)
    return redirect(f"{reverse(PAGE, args=[request.org.slug, found.name])}?tab=dead-letters")
