"""The page of a buffered dataset on which dead letters are looked at, put right and tried again."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.catalog import letters
from apps.console.catalog.around import PAGE, done, reached
from apps.datasets.models import Dataset
from apps.orgs import policy
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import who
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.tables import selectors, services

TAB = "dead-letters"
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
    found = reached(request, dataset_name, Level.VIEW)
    closed = letters.closed_columns(found, who(request), now=timezone.now())
    return redirect(letters.link_of(selectors.get_batch(found, batch_id), closed))


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_CHANGE)
def replay(request: OrgRequest, dataset_name: str, batch_id: UUID) -> HttpResponse:
    found = reached(request, dataset_name)
    by, now = actor_of(request), timezone.now()
    return done(request, found.name, TAB, "It is tried again.", lambda: services.replay(batch_id, found.pk, by=by, now=now))


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_CHANGE)
def repair(request: OrgRequest, dataset_name: str, batch_id: UUID) -> HttpResponse:
    found = reached(request, dataset_name)
    body, by, now = request.POST.get("rows", "").encode(), actor_of(request), timezone.now()
    words = "Its rows go in its place."
    return done(
        request, found.name, TAB, words, lambda: services.repair(batch_id, found.pk, body, keep=letters.keep, by=by, now=now)
    )


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_CHANGE)
def look_again(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found = reached(request, dataset_name)
    by, now = actor_of(request), timezone.now()
    return done(request, found.name, TAB, "Its table is looked at again.", lambda: services.look_again(found, by=by, now=now))
