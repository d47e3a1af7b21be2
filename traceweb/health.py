"""`/healthz`: this process answers. `/readyz`: it can also do its work."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.orm.reaching import ask
from apps.platform.ops import failures, serve_ops
from traceweb.databases import DATA, STATE


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    failed = failures(CHECKS)
    return JsonResponse({"ready": not failed, "failed": failed}, status=503 if failed else 200)


def serve_this_process() -> None:
    """Health and metrics on the process's own port: called where requests are served, because the counters live there."""
    serve_ops(settings.CONFIG, CHECKS)


CHECKS = {"state": lambda: ask(STATE), "data": lambda: ask(DATA)}
