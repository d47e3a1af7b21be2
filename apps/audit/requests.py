"""Who is behind a request, as services and the log want it, and which part of the log it asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.audit import selectors
from apps.audit.domain import Actor, ActorKind
from apps.audit.models import Record
from apps.platform.errors import BadInput

PAGE_SIZE = 50


def actor_of(request: Any) -> Actor:
    """`request` is Django's or DRF's; with a token, DRF keeps it in `auth`."""
    plain: HttpRequest = getattr(request, "_request", request)
    token = getattr(request, "auth", None)
    return Actor(
        ActorKind.PERSON,
        name=str(getattr(request.user, "email", "")) or "nobody",
        person_id=request.user.pk,
        token_id=getattr(token, "pk", None),
        address=client_address(plain),
        request_id=getattr(plain, "request_id", ""),
    )


def client_address(request: HttpRequest) -> str:
    """What our own proxies say; what a caller writes into the header before them counts for nothing."""
    direct = str(request.META.get("REMOTE_ADDR", ""))
    proxies = settings.CONFIG.trusted_proxies
    named = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    return named[-proxies][:45] if 0 < proxies <= len(named) else direct[:45]


def log_asked_for(request: HttpRequest, names: Iterable[str], found: Callable[..., QuerySet[Record]]) -> dict[str, object]:
    """A page of the log, or with a filter that cannot be read no line of it and what is wrong."""
    filters = {name: selectors.given(request.GET, name) for name in names}
    problem = ""
    try:
        records = found(filters=filters)
    except BadInput as error:
        problem, records = error.message, Record.objects.none()
    page = Paginator(records, PAGE_SIZE).get_page(request.GET.get("page"))
    given = urlencode({name: value for name, value in filters.items() if value})
    return {"page": page, "filters": filters, "given": given, "problem": problem}
