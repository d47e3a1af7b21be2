"""What the tab "Lineage" shows: the graph, what a change would affect, what made what is there, and what does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.utils import timezone

from apps.console.catalog import one
from apps.console.catalog.lineage import lineage_of
from apps.console.catalog.lineage_graph import ShownGraph, shown_graph
from apps.console.catalog.lineage_layout import drawn
from apps.console.catalog.provenance import Teller, version_shown
from apps.datasets.models import Dataset, Version
from apps.lineage.selectors import DEEPEST, MOST, MOST_MADE, Asked, Direction, made_of
from apps.orgs.access import OrgRequest
from apps.orgs.admin_frame import may, who
from apps.orgs.policy import Action
from apps.platform.errors import Invalid

# As a drawing can be read; and when somebody asks for all of it.
_MOST_DRAWN, _MOST_ASKED = 40, 400
_MOST_AFFECTED = 200
_PAGE_SIZE = 10
EFFECTS = "effects"


def of_tab(request: OrgRequest, found: Dataset) -> dict[str, Any]:
    asker, now = who(request), timezone.now()
    hops, column, all_of_it = _hops(request.GET.get("hops", "")), _column(request.GET.get("column", "")), "all" in request.GET
    asked = Asked(Direction.BOTH, hops, column, _MOST_ASKED if all_of_it else _MOST_DRAWN)
    graph = shown_graph(request.org, found, asked, asker, now=now)
    given = {"tab": "lineage", "hops": str(hops), "column": column} | ({"all": "1"} if all_of_it else {})
    return {
        "graph": graph, "drawing": drawn(graph, found.name), "hops": hops, "column": column,
        "further": _with(given, hops=hops + 1) if graph.has_more and not graph.is_cut and hops < DEEPEST else "",
        "nearer": _with(given, hops=hops - 1) if hops > 1 else "", "whole": _with(given, all=1) if graph.is_cut and not all_of_it else "",
        "lineage": lineage_of(request.org, found, one.dags_seen(request.org, asker, now=now)),
        "effects_at": _with({**request.GET.dict(), EFFECTS: "1"}), **(effects_of(request, found) if EFFECTS in request.GET else {}),
        **_made(request, found, Teller(request.org, asker, now=now)),
    }  # fmt: skip


def effects_of(request: OrgRequest, found: Dataset) -> dict[str, Any]:
    """What takes a while, as it looks far: the page asks for it once it is there."""
    asker, now, column = who(request), timezone.now(), _column(request.GET.get("column", ""))
    graph = shown_graph(request.org, found, Asked(Direction.DOWN, DEEPEST, column), asker, now=now)
    affected = _affected(graph, column)
    version = version_shown(found, request.GET.get("version", "").replace("\0", ""))
    return {
        "effects": True, "column": column, "hidden_affected": graph.hidden_datasets, "most_held": MOST,
        "affected": affected[:_MOST_AFFECTED], "more_affected": max(0, len(affected) - _MOST_AFFECTED),
        "may_backfill": one.may_change(found, asker, now=now) and may(request, Action.RUNS_ACT),
        **(_holding(Teller(request.org, asker, now=now), version) if version else {}),
    }  # fmt: skip


def _made(request: OrgRequest, found: Dataset, teller: Teller) -> dict[str, Any]:
    at, version = (
        request.GET.get("at", "").replace("\0", "")[:200],
        version_shown(found, request.GET.get("version", "").replace("\0", "")),
    )
    if version is None:
        return {"at": at, "made": [], "made_page": None, "below": None}
    page = Paginator(made_of(version.pk, at=at), _PAGE_SIZE).get_page(request.GET.get("page"))
    given = {"tab": "lineage", "at": at, "version": request.GET.get("version", "")}
    return {
        "at": at, "made_page": page, "made": teller.rows(list(page.object_list)),
        "made_given": urlencode({key: value for key, value in given.items() if value}), **_below(request, teller, version, at),
    }  # fmt: skip


def _holding(teller: Teller, version: Version) -> dict[str, Any]:
    try:
        return {"holding": teller.holding(version)}
    except Invalid as error:
        return {"holding": None, "holding_problem": error.message}


def _below(request: OrgRequest, teller: Teller, version: Version, at: str) -> dict[str, Any]:
    """Of a part that was asked for, or of everything where somebody asks for that."""
    of_all = request.GET.get("of") == "all"
    if not (at or of_all):
        return {"below": None}
    try:
        below = teller.below(version, at=at)
    except Invalid as error:
        return {"below": None, "below_problem": error.message}
    page = Paginator(below.rows, _PAGE_SIZE).get_page(request.GET.get("below"))
    given = {"tab": "lineage", "at": at, "version": request.GET.get("version", ""), "of": "" if at else "all"}
    return {
        "below": below, "below_page": page, "below_rows": teller.rows(list(page.object_list), below.hops), "most_made": MOST_MADE,
        "below_given": urlencode({key: value for key, value in given.items() if value}),
    }  # fmt: skip


def _affected(graph: ShownGraph, column: str) -> list[Any]:
    """Datasets below; of a column those that it reaches, and those of which nobody can say."""
    below = [node for node in graph.nodes if node.node.dataset and node.hops > 0]
    return [node for node in below if not column or node.columns is not None or node.untraced]


def _hops(given: str) -> int:
    return max(1, min(int(given[:3]), DEEPEST)) if given.isascii() and given.isdigit() else 1


def _column(given: str) -> str:
    return given[:255].replace("\0", "")


def _with(given: Mapping[str, str], **changes: object) -> str:
    return urlencode({key: value for key, value in {**given, **changes}.items() if value})
