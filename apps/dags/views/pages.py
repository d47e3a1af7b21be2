from __future__ import annotations

from collections.abc import Mapping

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.dags import selectors, starters, telling
from apps.dags.document.comparing import Comparison, compare
from apps.dags.document.graph import graph_of_meaning
from apps.dags.document.meaning import Meaning
from apps.dags.models import Dag, DagVersion, Job
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
    """Where to start from, and with that chosen the editor."""
    draft = selectors.draft_of(request.org, request.person, "")
    chosen = request.GET.get("from")
    if chosen is None:
        context = {"starters": starters.all_starters(), "draft": draft}
        return _page(request, "dags/new.html", [{"name": "New"}], context)
    text = draft.yaml if chosen == "draft" and draft else starters.text_of(chosen)
    return _editor(request, None, text, base=None)


@require_GET
@org_page(Action.DAGS_VIEW)
def dag(request: OrgRequest, dag_name: str) -> HttpResponse:
    dag = reach(request, dag_name)
    shown = dag.active or dag.versions.first()
    context = _frame(request, dag) | {
        "shown": shown, "graph": _graph(selectors.deployed_meaning(shown)) if shown else None, "jobs": _jobs(request, shown),
        "publishes": published_by(request.org, dag.name), "versions": selectors.versions_of(dag)[:RECENT],
        "activations": selectors.activations_of(dag)[:RECENT], "draft": selectors.draft_of(request.org, request.person, dag_name),
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
    """From the draft, if there is one; else from the version asked for, or the latest."""
    dag = reach(request, dag_name, Level.CHANGE)
    latest = dag.versions.first()
    draft = selectors.draft_of(request.org, request.person, dag_name)
    if number := request.GET.get("version"):
        asked = numbered(dag, number)
        return _editor(request, dag, asked.yaml, base=latest)
    if draft:
        return _editor(request, dag, draft.yaml, base=draft.base or latest)
    return _editor(request, dag, latest.yaml if latest else "", base=latest)


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
        "is_rollback": bool(dag.active and version.number < dag.active.number),
    }  # fmt: skip
    return _page(request, "dags/version.html", [_crumb(request, dag), {"name": f"Version {number}"}], context)


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
        "before": before, "after": after, "plan": telling.told_comparison(compared), "lines": lines[:MOST_LINES], "more_lines": max(0, len(lines) - MOST_LINES),
        "graph": _graph(meaning, compared), "versions": selectors.versions_of(dag)[:PAGE_SIZE],
    }  # fmt: skip
    return _page(
        request, "dags/comparison.html", [_crumb(request, dag), {"name": f"Version {number}"}, {"name": "Changes"}], context
    )


def _editor(request: OrgRequest, dag: Dag | None, text: str, *, base: DagVersion | None) -> HttpResponse:
    name = dag.name if dag else ""
    urls = {key: _call(request, key, name) for key in ("check", "vocabulary", "draft", "deploy", "plan", "diff")}
    urls["edit"] = _call(request, "edit-text", name)
    context = {
        "dag": name, "text": text, "base": str(base.pk) if base else "", "base_number": base.number if base else None,
        "active_text": dag.active.yaml if dag and dag.active else "", "may_deploy": may_change(request, dag), "urls": urls,
    }  # fmt: skip
    crumbs = [_crumb(request, dag), {"name": "Edit"}] if dag else [{"name": "New"}]
    return _page(request, "dags/editor.html", crumbs, context)


def _call(request: OrgRequest, key: str, name: str) -> str:
    """The draft of a DAG is found by its name; everything else says its own."""
    url = reverse(f"dags:{key}", args=[request.org.slug])
    return f"{url}?dag={name}" if key == "draft" and name else url


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
