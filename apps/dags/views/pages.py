from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.dags import checking, selectors, starters, telling
from apps.dags.document.comparing import Comparison, compare
from apps.dags.document.graph import graph_of_meaning
from apps.dags.document.meaning import Meaning
from apps.dags.document.problems import Problem
from apps.dags.models import Dag, DagVersion, Draft, Job
from apps.dags.services import must_be_built
from apps.dags.views.reach import may_change, numbered, principal, reach
from apps.datasets.selectors import published_by
from apps.orgs import policy
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.domain import Level
from apps.orgs.policy import Action

PAGE_SIZE = 50
RECENT = 8
MOST_JOBS, MOST_LINES = 100, 3000


@require_GET
@org_page(Action.DAGS_VIEW)
def dags(request: OrgRequest) -> HttpResponse:
    asked = request.GET.get("search", "")[:63]
    seen = policy.visible(selectors.dags_of(request.org), principal(request), now=timezone.now())
    page = Paginator(seen.filter(name__icontains=asked).order_by("name"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page, "rows": selectors.rows_of(page.object_list, now=timezone.now()), "search": asked,
        "may_deploy": may_change(request, None), "drafts": selectors.drafts_of(request.org, request.person),
    }  # fmt: skip
    return _page(request, "dags/dags.html", [], context)


@require_GET
@org_page(Action.DAGS_DEPLOY)
def new(request: OrgRequest) -> HttpResponse:
    """Where to start from, and with that chosen the editor. Each start is a draft of its own: none takes the place of another."""
    if slot := request.GET.get("draft"):
        draft = selectors.get_slot(request.org, request.person, slot, dag=None)
        return _editor(request, Began(draft.yaml, draft=draft))
    if chosen := request.GET.get("from"):
        return _editor(request, Began(starters.text_of(chosen)))
    drafts = selectors.drafts_of_new(request.org, request.person)
    return _page(request, "dags/new.html", [{"name": "New"}], {"starters": starters.all_starters(), "drafts": drafts})


@require_GET
@org_page(Action.DAGS_VIEW)
def dag(request: OrgRequest, dag_name: str) -> HttpResponse:
    dag = reach(request, dag_name)
    shown = dag.active or dag.versions.first()
    activations = selectors.activations_of(dag)[:RECENT]
    context = _frame(request, dag) | {
        "shown": shown, "graph": _graph(selectors.deployed_meaning(shown)) if shown else None, "jobs": _jobs(request, shown),
        "publishes": published_by(request.org, dag.name), "versions": selectors.versions_of(dag)[:RECENT],
        "activations": activations, "drafts": selectors.drafts_of_dag(dag, request.person),
        "row": selectors.rows_of([dag], now=timezone.now())[0], "may_delete": may_change(request, dag) and not activations,
    }  # fmt: skip
    return _page(request, "dags/dag.html", [{"name": dag_name}], context)


@require_GET
@org_page(Action.DAGS_VIEW)
def history(request: OrgRequest, dag_name: str) -> HttpResponse:
    dag = reach(request, dag_name)
    context = _frame(request, dag) | {
        "page": Paginator(selectors.versions_of(dag), PAGE_SIZE).get_page(request.GET.get("page")),
        "activations": Paginator(selectors.activations_of(dag), PAGE_SIZE).get_page(request.GET.get("moves")),
    }
    return _page(request, "dags/history.html", [_crumb(request, dag), {"name": "History"}], context)


@require_GET
@org_page(Action.DAGS_DEPLOY)
def editor(request: OrgRequest, dag_name: str) -> HttpResponse:
    """From the draft or the version asked for; else from the DAG's draft, if there is one; else from the newest version."""
    dag = reach(request, dag_name, Level.CHANGE)
    newest = dag.versions.first()
    draft = selectors.draft_of(request.org, request.person, dag_name)
    if slot := request.GET.get("draft"):
        draft = selectors.get_slot(request.org, request.person, slot, dag=dag)
    elif number := request.GET.get("version"):
        asked = numbered(dag, number)
        return _editor(request, Began(asked.yaml, base=newest, version=asked), dag)
    if draft:
        return _editor(request, Began(draft.yaml, base=draft.base or newest, draft=draft), dag)
    return _editor(request, Began(newest.yaml if newest else "", base=newest, version=newest), dag)


@require_GET
@org_page(Action.DAGS_VIEW)
def version(request: OrgRequest, dag_name: str, number: int) -> HttpResponse:
    dag = reach(request, dag_name)
    version = numbered(dag, number)
    meaning = selectors.deployed_meaning(version)
    not_built = selectors.not_built(meaning)
    context = _frame(request, dag) | {
        "version": version, "graph": _graph(meaning), "jobs": _jobs(request, version),
        "plan": telling.told_comparison(compare(selectors.active_meaning(dag), meaning)) | {"not_built": not_built}, "not_built": not_built,
        "warnings": _warnings(dag, version),
        "is_built": bool(must_be_built(dag, version, meaning)),
        "is_rollback": bool(dag.active and version.number < dag.active.number and selectors.was_active(version)),
    }  # fmt: skip
    return _page(request, "dags/version.html", [_crumb(request, dag), {"name": f"Version {number}"}], context)


def _warnings(dag: Dag, version: DagVersion) -> list[Problem]:
    """What forbids to activate it today; of the active one nobody asks."""
    return [] if dag.active_id == version.pk else checking.check(dag.org, version.yaml, dag=dag.name).warnings


@require_GET
@org_page(Action.DAGS_VIEW)
def comparison(request: OrgRequest, dag_name: str, number: int) -> HttpResponse:
    """Against the version before, or `against`."""
    dag = reach(request, dag_name)
    after = numbered(dag, number)
    asked = request.GET.get("against", "")
    before = numbered(dag, asked) if asked else dag.versions.select_related("dag").filter(number__lt=number).first()
    meaning, lines = selectors.deployed_meaning(after), selectors.text_diff(before, after)
    compared = compare(selectors.deployed_meaning(before) if before else None, meaning)
    context = _frame(request, dag) | {
        "before": before, "after": after, "plan": telling.told_comparison(compared), "lines": lines[:MOST_LINES],
        "more_lines": max(0, len(lines) - MOST_LINES),
        "graph": _graph(meaning, compared), "versions": selectors.versions_of(dag)[:PAGE_SIZE],
    }  # fmt: skip
    return _page(
        request, "dags/comparison.html", [_crumb(request, dag), {"name": f"Version {number}"}, {"name": "Changes"}], context
    )


@dataclass(frozen=True)
class Began:
    """What the editor starts with: the text of a draft, of a version, of a template. `base`: the version it goes on from."""

    text: str
    base: DagVersion | None = None
    version: DagVersion | None = None
    draft: Draft | None = None


def _editor(request: OrgRequest, began: Began, dag: Dag | None = None) -> HttpResponse:
    name = dag.name if dag else ""
    urls = {key: _call(request, key) for key in ("check", "vocabulary", "draft", "deploy", "plan", "diff")}
    urls["edit"] = _call(request, "edit-text")
    context = {
        "dag": name, "began": began, "active": dag.active if dag else None, "newest_number": getattr(dag, "latest_number", None),
        "active_text": dag.active.yaml if dag and dag.active else "", "may_deploy": may_change(request, dag), "urls": urls,
    }  # fmt: skip
    crumbs = [_crumb(request, dag), {"name": "Edit"}] if dag else [{"name": "New"}]
    return _page(request, "dags/editor.html", crumbs, context)


def _call(request: OrgRequest, key: str) -> str:
    return reverse(f"dags:{key}", args=[request.org.slug])


def _graph(meaning: Meaning, changes: Comparison | None = None) -> telling.Told:
    """Of what was deployed: nothing has to be validated anew."""
    return telling.told_graph(graph_of_meaning(meaning), changes)


def _jobs(request: OrgRequest, version: DagVersion | None) -> Page[Job]:
    rows = selectors.job_rows(version) if version else Job.objects.none()
    return Paginator(rows, MOST_JOBS).get_page(request.GET.get("jobs"))


def _frame(request: OrgRequest, dag: Dag) -> dict[str, object]:
    return {"dag": dag, "may_change": may_change(request, dag)}


def _crumb(request: OrgRequest, dag: Dag) -> dict[str, str]:
    return {"name": dag.name, "url": reverse("dags:dag", args=[request.org.slug, dag.name])}


def _page(request: OrgRequest, template: str, crumbs: list[dict[str, str]], context: Mapping[str, object]) -> HttpResponse:
    home = {"name": "DAGs"} | ({"url": reverse("dags:dags", args=[request.org.slug])} if crumbs else {})
    return render(request, template, {"active": "dags", "crumbs": [home, *crumbs], **context})
