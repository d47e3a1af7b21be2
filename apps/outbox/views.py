from __future__ import annotations

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from apps.outbox import services
from apps.platform.errors import Forbidden


@require_POST
def replay(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """To htmx the row as it is now; to a browser without JavaScript the page it came from."""
    if not getattr(request.user, "is_platform_staff", False):
        raise Forbidden("Only platform staff may replay a message.", code="not_platform_staff")
    message = services.replay(message_id, by=str(request.user.pk))
    if not request.headers.get("HX-Request"):
        return redirect("console:health")
    response = render(request, "outbox/_failed_row.html", {"message": message})
    response["HX-Trigger"] = json.dumps({"trace:toast": {"text": "Replayed: it is pending again.", "state": "ok"}})
    return response
