from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse

from apps.orgs.access import OrgRequest
from apps.orgs.policy import Principal
from apps.orgs.views.frame import admin_page

PARTS = (("grants", "Requests and grants"), ("columns", "Classified columns"), ("access", "Who may see what"))


def who(request: OrgRequest) -> Principal:
    return Principal(request.person, membership=request.membership)


def pii_page(request: OrgRequest, part: str, context: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    parts = [(key, name, f"pii:{key}") for key, name in PARTS]
    return admin_page(request, f"pii/{part}.html", "pii", {"parts": parts, "part": part, **context}, status=status)
