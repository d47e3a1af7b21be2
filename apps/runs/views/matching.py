"""Everything that a filter matches: how much that is, then what is done with it, a few thousand at a time."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.audit.requests import actor_of
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.platform.errors import BadInput
from apps.runs import selectors, services
from apps.runs.domain import DEAD, FILTERS, Wanted, read_wanted
from apps.runs.services import Verb
from apps.runs.views.frame import page, seen

_DONE = {Verb.CANCEL: "canceled", Verb.RETRY: "queued again"}
_SHOWN = 10


@require_http_methods(["GET", "POST"])
@org_page(Action.RUNS_ACT)
def matching(request: OrgRequest) -> HttpResponse:
    given = (request.POST if request.method == "POST" else request.GET).dict()
    verb, wanted = _verb(given), read_wanted(given)
    if request.method == "POST":
        return _act(request, verb, wanted, given)
    theirs = seen(request, Level.CHANGE)
    tasks = services.open_to(verb, request.org, wanted, theirs)
    count, is_more = selectors.counted(tasks)
    rows = selectors.rows_of(list(tasks[:_SHOWN]), theirs, with_tallies=False)
    context = {
        "verb": verb.value,
        "count": count,
        "is_more": is_more,
        "rows": rows,
        "filters": _filters(given),
        "back": _back(request, given),
    }
    return page(request, "runs/matching.html", [{"name": f"{verb.value.capitalize()} all that match"}], context)


def _act(request: OrgRequest, verb: Verb, wanted: Wanted, given: Mapping[str, str]) -> HttpResponse:
    """With htmx the next part follows by itself, with how much is done; without, a note says whether there is more."""
    done = services.act_on_matching(
        verb, request.org, wanted, seen(request, Level.CHANGE), by=actor_of(request), cursor=_id(given.get("cursor", ""))
    )
    total = done.count + int(given.get("done") or 0) if (given.get("done") or "0").isdigit() else done.count
    words = f"{total:,} {'task' if total == 1 else 'tasks'} {_DONE[verb]}."
    context = {
        "verb": verb.value,
        "done": total,
        "words": words,
        "next": done.next,
        "filters": _filters(given),
        "back": _back(request, given),
    }
    if request.headers.get("HX-Request"):
        return render(request, "runs/_doing.html", context)
    messages.success(request, words + (" More match: do it again." if done.next else ""))
    return redirect(_back(request, given))


def _verb(given: Mapping[str, str]) -> Verb:
    try:
        return Verb(given.get("act", ""))
    except ValueError:
        raise BadInput("`act` is cancel or retry.", code="bad_act") from None


def _filters(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given[name] for name in FILTERS if given.get(name)}


def _back(request: OrgRequest, given: Mapping[str, str]) -> str:
    """The list that it was asked from: what has failed for good has one of its own."""
    filters = _filters(given)
    if filters.get("status") == DEAD:
        name, rest = "runs:dead", {key: value for key, value in filters.items() if key != "status"}
    else:
        name, rest = "runs:runs", filters
    return f"{reverse(name, args=[request.org.slug])}?{urlencode(rest)}"


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise BadInput("`cursor` is not one that this page gave out.", code="bad_cursor") from None
