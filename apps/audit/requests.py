"""Who is behind a request, as services and the log want it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.audit.domain import Actor, ActorKind


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
