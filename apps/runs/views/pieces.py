"""All partitions that a task read, or that it made: its own page shows the first of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from apps.dispatch.models import Task
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.policy import Action
from apps.runs import selectors
from apps.runs.views.frame import asker, page, reach, seen

PAGE_SIZE = 100


@require_GET
@org_page(Action.RUNS_VIEW)
def reads(request: OrgRequest, task_id: UUID) -> HttpResponse:
    return _pieces(request, task_id, selectors.pins_of, is_read=True)


@require_GET
@org_page(Action.RUNS_VIEW)
def made(request: OrgRequest, task_id: UUID) -> HttpResponse:
    return _pieces(request, task_id, selectors.pieces_by, is_read=False)


def _pieces(request: OrgRequest, task_id: UUID, of: Callable[[Task], QuerySet[Any]], *, is_read: bool) -> HttpResponse:
    """Of versions that the asker may know of, and no others."""
    task, job = reach(request, task_id)
    known = selectors.known_versions(of(task), asker(request, seen(request)))
    rows = Paginator(of(task).filter(version_id__in=known).order_by("pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    crumbs = [
        {"name": f"{job.dag.name} / {job.name}", "url": reverse("runs:task", args=[request.org.slug, task_id])},
        {"name": "What it read" if is_read else "What it made"},
    ]
    return page(request, "runs/pieces.html", crumbs, {"task": task, "job": job, "rows": rows, "known": known, "is_read": is_read})
