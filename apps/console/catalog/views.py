"""The catalog of an org, and the page of one dataset: all that they show is in their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.catalog import lineage_tab, one
from apps.console.catalog.around import PAGE, done, reached
from apps.console.catalog.asked import FACETS, Asked, read_asked
from apps.console.catalog.rows import rows_of
from apps.console.catalog.searching import MOST_FOUND, Finding
from apps.console.catalog.tabs import shown_by, tabs_of
from apps.console.sections import CATALOG
from apps.datasets.selectors import find_readable, requests_of
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import may, who
from apps.orgs.policy import Action
from apps.orgs.services import change_visibility
from apps.platform.errors import BadInput

PAGE_SIZE = 40


@require_GET
@org_page(Action.DATASETS_VIEW)
def catalog(request: OrgRequest) -> HttpResponse:
    try:
        asked = read_asked(request.GET.dict())
    except BadInput as error:
        return _page(request, "catalog/catalog.html", [], {"problem": error.message, "asked": Asked()}, status=422)
    now = timezone.now()
    finding = Finding(request.org, who(request), asked, now=now)
    page = Paginator(finding, PAGE_SIZE).get_page(request.GET.get("page"))
    facets = [
        (facet, [(value, _with(asked, facet.key, "" if value.is_chosen else value.value)) for value in facet.values])
        for facet in finding.facets()
    ]
    context = {
        "asked": asked, "page": page, "is_cut": finding.is_cut, "most": MOST_FOUND, "facets": facets, "given": urlencode(asked.given),
        "rows": rows_of(request.org, finding.whole(page.object_list), finding.dags, now=now, search=asked.search),
        "kept": [(name, value) for name, value in asked.given.items() if name in FACETS],
        "may_deploy": may(request, Action.DAGS_DEPLOY),
    }  # fmt: skip
    return _page(request, "catalog/catalog.html", [], context)


def _with(asked: Asked, key: str, value: str) -> str:
    return urlencode(asked.with_facet(key, value).given)


@require_GET
@org_page(Action.DATASETS_VIEW)
def dataset(request: OrgRequest, dataset_name: str) -> HttpResponse:
    now = timezone.now()
    found = find_readable(request.org, dataset_name, now=now)
    access = one.access_of(found, who(request), now=now)
    crumbs = [{"name": found.name}]
    if not access:
        context = {
            "dataset": found,
            "access": access,
            "to_ask": one.to_ask(found),
            "asked": requests_of(found, who(request)).filter(person=request.person).first(),
        }
        return _page(request, "catalog/closed.html", crumbs, context)
    tabs = tabs_of(request, found)
    tab = request.GET.get("tab", "overview")
    tab = tab if tab in tabs else "overview"
    if tab == "lineage" and request.htmx and lineage_tab.EFFECTS in request.GET:
        return render(request, "catalog/_lineage_effects.html", {"dataset": found, **lineage_tab.effects_of(request, found)})
    context = {"dataset": found, "access": access, "tabs": tabs, "tab": tab, **shown_by(tab, request, found, access)}
    return _page(request, "catalog/dataset.html", crumbs, context)


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_CHANGE)
def visibility(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found, asked = reached(request, dataset_name), request.POST.get("visibility", "")
    return done(
        request, dataset_name, "access", f"Who sees {dataset_name} is changed.",
        lambda: change_visibility(found, visibility=asked, by=actor_of(request)),
    )  # fmt: skip


def _page(
    request: OrgRequest, template: str, crumbs: list[dict[str, str]], context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    home = {"name": CATALOG.name} | ({"url": reverse("console:catalog", args=[request.org.slug])} if crumbs else {})
    return render(request, template, {"active": CATALOG.key, "crumbs": [home, *crumbs], **context}, status=status)
