"""The tabs of platform staff."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.authentication import signed_in
from apps.audit.selectors import given
from apps.orgs.admin_frame import REFUSED, Frame, Tab
from apps.orgs.policy import Action, Principal

PLATFORM = Frame("platform", "Platform", (
    Tab("orgs", "Orgs", "console:orgs", Action.PLATFORM_ORGS, "building-2"),
    Tab("people", "People", "console:people", Action.PLATFORM_PEOPLE, "users"),
    Tab("rpc", "RPC pools", "console:rpc", Action.PLATFORM_RPC, "network"),
    Tab("audit", "Audit log", "console:audit", Action.PLATFORM_AUDIT, "scroll-text"),
    Tab("tables", "Tables", "admin:index", Action.PLATFORM_ADMIN, "database"),
))  # fmt: skip


def staff_page(
    request: HttpRequest, template: str, key: str, context: Mapping[str, object], *, status: int = 200, crumb: str = ""
) -> HttpResponse:
    around = PLATFORM.around(key, Principal(signed_in(request)), crumb=crumb)
    return render(request, template, {**around, **context, "refused": status == REFUSED}, status=status)


def asked_for(request: HttpRequest) -> str:
    """What a search was sent with."""
    return given(request.GET, "q")
