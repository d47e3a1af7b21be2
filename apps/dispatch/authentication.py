"""How the internal plane knows a worker."""

from __future__ import annotations

from django.conf import settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.platform.contracts import WORKER_TOKEN_HEADER
from apps.platform.contracts.rpc import GATEWAY_TOKEN_HEADER
from apps.platform.errors import NotSignedIn
from apps.platform.worker_tokens import is_worker


class IsWorker(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        if not is_worker(request.headers.get(WORKER_TOKEN_HEADER, ""), settings.CONFIG.worker_tokens):
            raise NotSignedIn(f"This plane is for workers: send a valid {WORKER_TOKEN_HEADER}.", code="bad_worker_token")
        return True


class IsGateway(BasePermission):
    """The RPC gateway, and processes of ours that ask it: what they get holds keys of providers, or opens a pool."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        token = settings.CONFIG.gateway_token
        if not token or not is_worker(request.headers.get(GATEWAY_TOKEN_HEADER, ""), [token]):
            raise NotSignedIn(f"This is for the RPC gateway: send a valid {GATEWAY_TOKEN_HEADER}.", code="bad_gateway_token")
        return True
