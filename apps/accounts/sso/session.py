"""What a session remembers of a single sign-on: at whom, when last asked, and the ID token that signs out there."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

KEY = "sso"


@dataclass(frozen=True)
class Remembered:
    provider: str
    checked_at: datetime
    sealed: str

    def is_due(self, *, now: datetime, times: int = 1) -> bool:
        return now - self.checked_at >= timedelta(minutes=settings.CONFIG.oidc_recheck_minutes) * times


def remember(request: HttpRequest, provider: str, id_token: str, *, now: datetime) -> None:
    # Sealed: the API takes ID tokens, so a session row that somebody reads must not hold one.
    sealed = _seal().encrypt(id_token.encode()).decode()
    request.session[KEY] = {"provider": provider, "checked_at": now.isoformat(), "sealed": sealed}


def recall(request: HttpRequest) -> Remembered | None:
    kept = request.session.get(KEY)
    return Remembered(kept["provider"], datetime.fromisoformat(kept["checked_at"]), kept["sealed"]) if kept else None


def opened(sealed: str) -> str:
    """The ID token; empty when it was sealed under a key that is gone."""
    try:
        return _seal().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return ""


def silent_start(provider: str, back_to: str) -> str:
    """Where the browser asks the provider again without showing anything."""
    return f"{reverse('accounts:sso-start', args=[provider])}?{urlencode({'silent': '1', 'next': back_to})}"


def _seal() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"sso.id_token" + settings.SECRET_KEY.encode()).digest()))
