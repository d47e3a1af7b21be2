"""How mozilla-django-oidc, made for one provider in Django's settings, is told about the one that is meant."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from mozilla_django_oidc.utils import import_from_settings

from apps.accounts.sso.registry import endpoints_of
from apps.platform.oidc.directory import Endpoints
from apps.platform.oidc.providers import Provider


class ForProvider:
    """Answers the library's questions for settings from `provider`; call `serve` before anything else."""

    provider: Provider
    endpoints: Endpoints
    _answers: dict[str, Any]

    def serve(self, provider: Provider) -> None:
        self.provider = provider
        self.endpoints = endpoints_of(provider)
        self._answers = {
            "OIDC_OP_AUTHORIZATION_ENDPOINT": self.endpoints.authorization,
            "OIDC_RP_CLIENT_ID": provider.client_id,
            "OIDC_RP_CLIENT_SECRET": provider.client_secret,
            "OIDC_RP_SCOPES": " ".join(provider.scopes),
            "OIDC_USE_PKCE": True,
            # The library reverses a name without arguments, and ours has the provider in it: this one is only to be reversible,
            # the address it makes is replaced by `callback_url`.
            "OIDC_AUTHENTICATION_CALLBACK_URL": "accounts:sign-in",
        }
        self.OIDC_OP_AUTH_ENDPOINT = self.endpoints.authorization
        self.OIDC_RP_CLIENT_ID = provider.client_id
        self.OIDC_RP_CLIENT_SECRET = provider.client_secret

    def get_settings(self, attr: str, *default: Any) -> Any:
        return self._answers[attr] if attr in self._answers else import_from_settings(attr, *default)

    def callback_url(self, request: HttpRequest) -> str:
        return request.build_absolute_uri(reverse("accounts:sso-callback", args=[self.provider.key]))
