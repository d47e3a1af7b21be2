"""What each tab of a dataset's page shows: only that of the one that is open is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from apps.audit.requests import actor_of
from apps.console.catalog import letters_views, lineage_tab, one, pieces
from apps.console.catalog.access_pages import LASTING, MOST_REQUESTS
from apps.console.catalog.activity import lines_of
from apps.console.catalog.invalidating import MOST_SHOWN, latest_of
from apps.console.catalog.rows import rows_of
from apps.console.catalog.telling import snippet_of
from apps.console.preview.previewing import preview_of
from apps.console.preview.shown import MOST_ROWS
from apps.datasets.domain import PLATFORM_ORG
from apps.datasets.models import Dataset
from apps.datasets.selectors import requests_of
from apps.orgs.access import OrgRequest
from apps.orgs.admin_frame import may, who
from apps.orgs.policy import Action, Decision
from apps.runs import selectors as runs
from apps.tables.selectors import table_of

Shown = dict[str, Any]
_TABS = {
    "overview": "Overview",
    "preview": "Preview",
    "schema": "Schema",
    "partitions": "Partitions",
    "versions": "Versions",
    "lineage": "Lineage",
    "invalidations": "Invalidations",
    "dead-letters": "Dead letters",
    "access": "Access",
    "activity": "Activity",
}

# Of another org's: what makes it and who else reads it is that org's.
_OF_OTHERS = ("overview", "preview", "schema")


def tabs_of(request: OrgRequest, found: Dataset) -> Mapping[str, str]:
    """Those that there is anything of."""
    if found.org_id != request.org.pk:
        return {key: _TABS[key] for key in _OF_OTHERS}
    hidden = set()
    if not (may(request, Action.DATASETS_CHANGE) and table_of(found)):
        hidden.add("dead-letters")
    if not pieces.has_files(found):
        hidden |= {"partitions", "versions"}
    return {key: name for key, name in _TABS.items() if key not in hidden}


def shown_by(tab: str, request: OrgRequest, found: Dataset, access: Decision) -> Shown:
    if tab == "access":
        return _access(request, found, access)
    return _READ.get(tab, _overview)(request, found)


def _overview(request: OrgRequest, found: Dataset) -> Shown:
    found.is_seen = True  # type: ignore[attr-defined]  # as a line of the catalog is
    now = timezone.now()
    (row,) = rows_of(request.org, [found], one.dags_seen(request.org, who(request), now=now), now=now)
    return {"row": row, "snippet": _snippet(request, found), "current": pieces.current_of(found)}


def _snippet(request: OrgRequest, found: Dataset) -> str:
    """A DAG names its own org's datasets and the platform's."""
    return snippet_of(found) if found.org_id == request.org.pk or found.org.slug == PLATFORM_ORG else ""


def _preview(request: OrgRequest, found: Dataset) -> Shown:
    shown = preview_of(found, who(request), by=actor_of(request), now=timezone.now())
    return {"preview": shown, "most": MOST_ROWS}


def _schema(request: OrgRequest, found: Dataset) -> Shown:
    return {
        "columns": one.schema_of(found),
        "may_classify": may(request, Action.PII_CLASSIFY),
        "is_own": found.org_id == request.org.pk,
    }


def _invalidations(request: OrgRequest, found: Dataset) -> Shown:
    asker, now = who(request), timezone.now()
    shown = latest_of(found, asker, now=now)
    return {"invalidations": shown, "most": MOST_SHOWN, "may_change": one.may_change(found, asker, now=now)}


def _access(request: OrgRequest, found: Dataset, access: Decision) -> Shown:
    asker, now = who(request), timezone.now()
    shown = {"ways": one.ways_in(found, asker, access, now=now), "may_change": one.may_change(found, asker, now=now)}
    waiting = (
        requests_of(found, asker).waiting().select_related("person")[:MOST_REQUESTS] if may(request, Action.GRANTS_VIEW) else []
    )
    shown |= {"waiting": waiting, "lasting": LASTING}
    return {**shown, "may_grant": may(request, Action.GRANTS_CHANGE), "sees_grants": may(request, Action.GRANTS_VIEW)}


def _activity(request: OrgRequest, found: Dataset) -> Shown:
    return {"lines": lines_of(found, who(request), now=timezone.now()), "sees_all": may(request, Action.AUDIT_VIEW)}


def _partitions(request: OrgRequest, found: Dataset) -> Shown:
    shown = pieces.pieces_of(found, page=request.GET.get("page"), of=request.GET.get("key", ""))
    may_change = one.may_change(found, who(request), now=timezone.now())
    given = urlencode({"tab": "partitions"} | ({"key": shown.of} if shown and shown.of else {}))
    return {"pieces": shown, "pieces_given": given, "may_backfill": may_change and may(request, Action.RUNS_ACT)}


def _versions(request: OrgRequest, found: Dataset) -> Shown:
    may_purge = may(request, Action.DATASETS_PURGE)
    purges = runs.purges_of(found.output) if may_purge and found.output else []
    return {"versions": pieces.versions_of(found), "may_purge": may_purge, "purges": purges}


_READ: Mapping[str, Callable[[OrgRequest, Dataset], Shown]] = {
    "preview": _preview,
    "schema": _schema,
    "partitions": _partitions,
    "versions": _versions,
    "lineage": lineage_tab.of_tab,
    "invalidations": _invalidations,
    "dead-letters": letters_views.of_tab,
    "activity": _activity,
}
