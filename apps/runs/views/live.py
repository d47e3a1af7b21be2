"""Notices of changes as server-sent events."""

from __future__ import annotations

from uuid import UUID

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from apps.orgs.access import OrgRequest, org_page
from apps.orgs.policy import Action
from apps.runs import live
from apps.runs.views.frame import reach


@require_GET
@org_page(Action.RUNS_VIEW)
def of_org(request: OrgRequest) -> HttpResponse:
    return _stream(request, request.org.pk)


@require_GET
@org_page(Action.RUNS_VIEW)
def of_task(request: OrgRequest, task_id: UUID) -> HttpResponse:
    task, _ = reach(request, task_id)
    # Its lines tell of the task, its states of the org.
    return _stream(request, task.pk, request.org.pk)


def _stream(request: OrgRequest, *about: UUID) -> HttpResponse:
    """A server without an event loop would hold a thread for each: 204 tells the browser not to come back, and the page polls."""
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(live.stream(*about), content_type="text/event-stream", headers=headers)  # type: ignore[return-value]
