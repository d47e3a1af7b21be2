"""The audit log of the whole platform."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from apps.audit.requests import log_asked_for
from apps.audit.selectors import FILTERS
from apps.console.staff.frame import staff_page
from apps.orgs.access import guarded
from apps.orgs.policy import Action
from apps.orgs.selectors import platform_records


@require_GET
@guarded(Action.PLATFORM_AUDIT)
def show(request: HttpRequest) -> HttpResponse:
    context = log_asked_for(request, ("org", *FILTERS), platform_records)
    return staff_page(request, "staff/audit.html", "audit", context, status=422 if context["problem"] else 200)
