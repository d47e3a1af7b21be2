"""`/healthz`: this process answers. `/readyz`: it can also do its work."""

from __future__ import annotations

from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.platform.ops import failures
from traceweb.databases import DATA, STATE


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    failed = failures({"state": lambda: _answers(STATE), "data": lambda: _answers(DATA)})
    return JsonResponse({"ready": not failed, "failed": failed}, status=503 if failed else 200)


def _answers(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")
