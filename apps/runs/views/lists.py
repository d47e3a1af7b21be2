"""Runs, tasks and dead letters: one list, with what it is filtered by in its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.dispatch.domain import Cause
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.policy import Action
from apps.platform.errors import BadInput, Invalid, NotFound
from apps.runs import selectors
from apps.runs.domain import DEAD, FILTERS, STATES, Wanted, read_wanted
from apps.runs.selectors import Row, Seen
from apps.runs.views.frame import may_act, page, seen

PAGE_SIZE = 40


@dataclass(frozen=True)
class Listed:
    """`problem`: why nothing is shown as if it had been found."""

    wanted: Wanted
    every: bool
    rows: list[Row]
    next: UUID | None
    count: int
    is_more: bool
    problem: str = ""


@require_GET
@org_page(Action.RUNS_VIEW)
def runs(request: OrgRequest) -> HttpResponse:
    """The page, or to htmx only the part that changes."""
    return _list(request, "runs/runs.html", [], request.GET.dict())


@require_GET
@org_page(Action.RUNS_VIEW)
def dead(request: OrgRequest) -> HttpResponse:
    return _list(request, "runs/dead.html", [{"name": "Dead letters"}], {**request.GET.dict(), "status": DEAD})


def _list(request: OrgRequest, template: str, crumbs: list[dict[str, str]], given: Mapping[str, str]) -> HttpResponse:
    theirs, is_dead = seen(request), template == "runs/dead.html"
    found = _found(request, given, theirs)
    filters = {name: given[name] for name in FILTERS if given.get(name)}
    kept = filters | ({"show": given["show"]} if given.get("show") in {"runs", "tasks"} else {})
    context = {
        "listed": found, "filters": filters, "given": urlencode(kept), "matching": urlencode(filters), "seen": theirs,
        "jobs": theirs.names_in(given.get("dag", "")), "states": STATES, "causes": [one.value for one in Cause],
        "may_act": may_act(request), "is_dead": is_dead, "is_filtered": bool(filters.keys() - ({"status"} if is_dead else set())),
        "with_tallies": not found.every, "cursor": given.get("before", ""), "here": request.get_full_path(),
    }  # fmt: skip
    status = 422 if found.problem else 200
    if request.headers.get("HX-Request"):
        return render(request, "runs/_list.html", context)
    return page(request, template, crumbs, context, status=status)


def _found(request: OrgRequest, given: Mapping[str, str], theirs: Seen) -> Listed:
    try:
        wanted = read_wanted(given)
        every = _shows_every(given.get("show", ""), wanted)
        matching = selectors.tasks_matching(request.org, wanted, theirs)
        cursor = _cursor(given.get("before", ""))
    except (BadInput, Invalid, NotFound) as error:
        return Listed(Wanted(), True, [], None, 0, False, error.message)
    tasks = matching if every else selectors.runs_only(matching)
    found, more = selectors.page_before(tasks, cursor, size=PAGE_SIZE)
    count, is_more = selectors.counted(tasks)
    return Listed(wanted, every, selectors.rows_of(found, theirs, with_tallies=not every), more, count, is_more)


def _shows_every(show: str, wanted: Wanted) -> bool:
    return show == "tasks" or (show != "runs" and wanted.is_about_tasks)


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise BadInput("`before` is not a page that this list led to.", code="bad_cursor") from None
