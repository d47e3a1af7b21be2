"""The grants of an org as a matrix: what is shared, by whom it is reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.orgs import selectors, services
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import admin_page, changed
from apps.orgs.forms import GrantForm
from apps.orgs.policy import Action
from apps.orgs.sharing import ObjectGrant, Shared
from apps.platform.errors import UserError

PAGE = "orgs:grants"
PAGE_SIZE = 100
MOST_CHOICES = 500
Grantee = tuple[str, str]


@dataclass
class Row:
    thing: Shared
    kind: str
    cells: list[ObjectGrant | None] = field(default_factory=list)


@require_GET
@org_page(Action.GRANTS_VIEW)
def grants(request: OrgRequest) -> HttpResponse:
    return _page(request, GrantForm(things=_choices(request)))


@posted_from(PAGE, "slug")
@org_page(Action.GRANTS_CHANGE)
def give(request: OrgRequest) -> HttpResponse:
    form = GrantForm(request.POST, things=_choices(request))
    if form.is_valid():
        now = timezone.now()
        try:
            given = services.grant(**_asked(request, form.cleaned_data, now), by=actor_of(request), now=now)
        except UserError as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, f"{given.content_object} is granted to {given.grantee_words[1]}.")
            return redirect(PAGE, request.org.slug)
    return _page(request, form, status=422)


@posted_from(PAGE, "slug")
@org_page(Action.GRANTS_CHANGE)
def revoke(request: OrgRequest, grant_id: UUID) -> HttpResponse:
    given = selectors.get_grant(request.org, grant_id)
    note = f"{given.content_object} is no longer granted to {given.grantee_words[1]}."
    return changed(request, PAGE, note, lambda: services.revoke_grant(given, by=actor_of(request), now=timezone.now()))


def _asked(request: OrgRequest, chosen: dict[str, Any], now: datetime) -> dict[str, Any]:
    kind, _, thing_id = chosen["thing"].partition(":")
    return {
        "thing": selectors.get_thing(request.org, kind=kind, thing_id=UUID(thing_id)),
        "to": {chosen["to"]: chosen["name"]},
        "level": chosen["level"],
        "purpose": chosen["purpose"],
        "expires_at": now + timedelta(days=chosen["days"]) if chosen["days"] else None,
    }


def _choices(request: OrgRequest) -> list[tuple[str, str]]:
    things = selectors.things_of(request.org, most=MOST_CHOICES)
    return [(f"{kind.key}:{thing.pk}", f"{thing} ({kind.name})") for kind, thing in things]


def _page(request: OrgRequest, form: GrantForm, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    page = Paginator(_newest_first(selectors.grants_of(request.org, now=now)), PAGE_SIZE).get_page(request.GET.get("page"))
    grantees, rows = matrix(list(page))
    context = {
        "page": page, "grantees": grantees, "rows": rows, "form": form,
        "incoming": _newest_first(selectors.grants_to(request.org, now=now))[:PAGE_SIZE],
    }  # fmt: skip
    return admin_page(request, "orgs/grants.html", "grants", context, status=status)


def matrix(given: list[ObjectGrant]) -> tuple[list[Grantee], list[Row]]:
    """A column for each grantee, a row for each thing, in order of name."""
    grantees = sorted({grant.grantee_words for grant in given})
    rows: dict[UUID, Row] = {}
    for grant in given:
        thing = grant.content_object
        row = rows.setdefault(thing.pk, Row(thing, grant.kind.name, [None] * len(grantees)))
        row.cells[grantees.index(grant.grantee_words)] = grant
    return grantees, sorted(rows.values(), key=lambda row: (row.kind, str(row.thing)))


def _newest_first(sources: list[Any]) -> list[ObjectGrant]:
    """Of several tables, whose ids are in one order. The quota bounds them."""
    return sorted(chain.from_iterable(sources), key=lambda grant: grant.pk, reverse=True)
