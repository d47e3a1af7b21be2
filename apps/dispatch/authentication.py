"""How the internal plane knows a worker: a rotatable token; the old and the new one are valid together."""

from __future__ import annotations

import hmac

from django.conf import settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.platform.contracts import WORKER_TOKEN_HEADER
from apps.platform.errors import NotSignedIn


class IsWorker(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        given = request.headers.get(WORKER_TOKEN_HEADER, "").encode()
        # Every token is compared, whichever matches: the time taken says nothing.
        matches = [hmac.compare_digest(given, token.encode()) for token in settings.CONFIG.worker_tokens]
        if not given or not any(matches):
            raise NotSignedIn(f"This plane is for workers: send a valid {WORKER_TOKEN_HEADER}.", code="bad_worker_token")
        return True
