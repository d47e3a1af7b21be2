"""The catalog of an org, and the page of one dataset: all that they show is in their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.catalog import one
from apps.console.catalog.asked import FACETS, Asked, read_asked
from apps.console.catalog.lineage import lineage_of
from apps.console.catalog.rows import rows_of
from apps.console.catalog.searching import Finding
from apps.console.catalog.telling import snippet_of
from apps.console.sections import CATALOG
from apps.datasets.models import Dataset
from apps.orgs import policy
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import changed_at, may, who
from apps.orgs.domain import Level
from apps.orgs.policy import Action, Decision
from apps.orgs.services import change_visibility
from apps.platform.errors import BadInput

PAGE_SIZE = 40
PAGE = "console:dataset"
TABS = {"overview": "Overview", "schema": "Schema", "lineage": "Lineage", "access": "Access", "activity": "Activity"}


@require_GET
@org_page(Action.DATASETS_VIEW)
def catalog(request: OrgRequest) -> HttpResponse:
    try:
        asked = read_asked(request.GET.dict())
    except BadInput as error:
        return _page(request, "catalog/catalog.html", [], {"problem": error.message, "asked": Asked()}, status=422)
    finding = Finding(request.org, who(request), asked, now=timezone.now())
    page = Paginator(finding.listed(), PAGE_SIZE).get_page(request.GET.get("page"))
    facets = [
        (facet, [(value, _with(asked, facet.key, "" if value.is_chosen else value.value)) for value in facet.values])
        for facet in finding.facets()
    ]
    context = {
        "asked": asked, "page": page, "facets": facets, "given": urlencode(asked.given),
        "rows": rows_of(request.org, list(page.object_list), finding.dags, search=asked.search),
        "kept": [(name, value) for name, value in asked.given.items() if name in FACETS],
        "may_deploy": may(request, Action.DAGS_DEPLOY),
    }  # fmt: skip
    return _page(request, "catalog/catalog.html", [], context)


def _with(asked: Asked, key: str, value: str) -> str:
    return urlencode(asked.with_facet(key, value).given)


@require_GET
@org_page(Action.DATASETS_VIEW)
def dataset(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found, now = one.get_dataset(request.org, dataset_name), timezone.now()
    access = one.access_of(found, who(request), now=now)
    crumbs = [{"name": found.name}]
    if not access:
        context = {"dataset": found, "access": access, "to_ask": one.to_ask(found)}
        return _page(request, "catalog/closed.html", crumbs, context)
    tab = request.GET.get("tab", "overview")
    tab = tab if tab in TABS else "overview"
    context = {"dataset": found, "access": access, "tabs": TABS, "tab": tab, **_of_tab(request, found, tab, access)}
    return _page(request, "catalog/dataset.html", crumbs, context)


def _of_tab(request: OrgRequest, found: Dataset, tab: str, access: Decision) -> dict[str, object]:
    """Only what the tab shows is read."""
    asker, now = who(request), timezone.now()
    match tab:
        case "schema":
            return {"columns": one.schema_of(found), "may_classify": may(request, Action.PII_CLASSIFY)}
        case "lineage":
            return {"lineage": lineage_of(request.org, found, one.dags_seen(request.org, asker, now=now))}
        case "access":
            shown = {"ways": one.ways_in(found, asker, access, now=now), "may_change": one.may_change(found, asker, now=now)}
            return {**shown, "may_grant": may(request, Action.GRANTS_CHANGE), "sees_grants": may(request, Action.GRANTS_VIEW)}
        case "activity":
            return {"records": one.records_of(found, asker, now=now), "sees_all": may(request, Action.AUDIT_VIEW)}
    found.is_seen = True  # type: ignore[attr-defined]  # as a line of the catalog is
    (row,) = rows_of(request.org, [found], one.dags_seen(request.org, asker, now=now))
    return {"row": row, "snippet": snippet_of(found)}


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_CHANGE)
def visibility(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found, now = one.get_dataset(request.org, dataset_name), timezone.now()
    policy.require_reach(who(request), Level.CHANGE, found, now=now)
    asked = request.POST.get("visibility", "")
    note = f"Who sees {dataset_name} is changed."
    changed_at(
        request,
        note,
        lambda: change_visibility(found, visibility=asked, by=actor_of(request)),
        PAGE,
        request.org.slug,
        dataset_name,
    )
    return redirect(f"{reverse(PAGE, args=[request.org.slug, dataset_name])}?tab=access")


def _page(
    request: OrgRequest, template: str, crumbs: list[dict[str, str]], context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    home = {"name": CATALOG.name} | ({"url": reverse("console:catalog", args=[request.org.slug])} if crumbs else {})
    return render(request, template, {"active": CATALOG.key, "crumbs": [home, *crumbs], **context}, status=status)
