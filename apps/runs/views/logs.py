"""Lines of a log, for the page that follows it, and as a file."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from apps.orgs.access import OrgRequest, org_page
from apps.orgs.policy import Action
from apps.platform.errors import BadInput
from apps.runs import selectors
from apps.runs.selectors.logs import LONGEST_PAGE
from apps.runs.views.frame import reach


@require_GET
@org_page(Action.RUNS_VIEW)
def log(request: OrgRequest, task_id: UUID) -> HttpResponse:
    """From line `from` on, as arrays: a line of fifty thousand is three values, not an object."""
    task, _ = reach(request, task_id)
    start = _number(request, "from") or 0
    page = selectors.log_page(task, selectors.attempt_of(task, _number(request, "attempt")), start=start, limit=LONGEST_PAGE)
    return JsonResponse({
        "attempt": page.attempt, "from": page.start, "next": page.next, "first": page.first, "total": page.total,
        "dropped": page.dropped, "over": page.is_over,
        "at": [line.at_ms for line in page.lines], "levels": "".join(line.letter for line in page.lines),
        "texts": [line.text for line in page.lines],
    })  # fmt: skip


@require_GET
@org_page(Action.RUNS_VIEW)
def raw_log(request: OrgRequest, task_id: UUID) -> HttpResponse:
    task, job = reach(request, task_id)
    attempt = selectors.attempt_of(task, _number(request, "attempt"))
    name = f"{job.dag.name}-{job.name}-{task.pk}-{attempt.number if attempt else 0}.log"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(selectors.whole_log(task, attempt), content_type="text/plain; charset=utf-8", headers=headers)  # type: ignore[return-value]  # to Django's types a stream is none


def _number(request: HttpRequest, name: str) -> int | None:
    raw = request.GET.get(name)
    if raw is None:
        return None
    if not (raw.isascii() and raw.isdigit()) or len(raw) > 9:
        raise BadInput(f"`{name}` is a whole number.", code="bad_number")
    return int(raw)
