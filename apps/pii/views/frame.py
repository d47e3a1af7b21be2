from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse

from apps.orgs.access import OrgRequest
from apps.orgs.admin_frame import admin_page

PAGE_SIZE = 50
PARTS = (("grants", "Requests and grants"), ("columns", "Classified columns"), ("access", "Who may see what"))


@dataclass(frozen=True)
class Listed:
    """A page of one list of several. `given` keeps the rest of the address, so that the others stay where they are."""

    page: Page[Any]
    key: str
    given: str


def listed(request: OrgRequest, rows: QuerySet[Any], key: str) -> Listed:
    rest = {name: value for name, value in request.GET.items() if name != key}
    return Listed(Paginator(rows, PAGE_SIZE).get_page(request.GET.get(key)), key, urlencode(rest))


def pii_page(request: OrgRequest, part: str, context: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    parts = [(key, name, f"pii:{key}") for key, name in PARTS]
    frame = {"parts": parts, "part": part, "at": reverse(f"pii:{part}", args=[request.org.slug])}
    return admin_page(request, f"pii/{part}.html", "pii", {**frame, **context}, status=status)
