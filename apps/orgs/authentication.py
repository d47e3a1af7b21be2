"""How the API knows a program: `Authorization: Bearer trace_pat_…`."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.models import Person
from apps.orgs import selectors, services
from apps.orgs.models import ApiToken


class BearerToken(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = timezone.now()
        found = selectors.find_token(token.strip(), now=now)
        if found is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        services.note_use(found, now=now)
        return found.membership.person, found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
