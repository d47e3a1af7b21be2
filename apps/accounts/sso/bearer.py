"""How the API knows a person by a provider's token: `Authorization: Bearer eyJ…`, an ID token or a JWT access token made for us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.models import Identity, Person
from apps.accounts.selectors import find_identity, providers
from apps.accounts.sso import registry
from apps.platform.oidc import verifying
from apps.platform.oidc.errors import ProviderBroken, ProviderUnreachable, TokenRejected


@dataclass(frozen=True)
class Proof:
    """What `request.auth` is after such a token: whose word it was."""

    identity: Identity


class ProviderToken(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Person, Proof] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not _looks_like_jwt(token):
            return None
        try:
            identity = _identity_of(token, now=timezone.now())
        except TokenRejected as error:
            raise AuthenticationFailed(error.message, code=error.code) from None
        except ProviderBroken as error:
            # Not the caller's fault, and not for good: somebody will put the provider right.
            raise ProviderUnreachable(str(error)) from error
        return identity.person, Proof(identity)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _identity_of(token: str, *, now: datetime) -> Identity:
    """Somebody who has signed in to the pages before: a token alone admits nobody."""
    issuer = verifying.issuer_of(token)
    provider = next((provider for provider in providers() if provider.issuer == issuer), None)
    if provider is None:
        raise TokenRejected("The token was issued by somebody who is not trusted here.", code="token_wrong_issuer")
    expected = verifying.Expected(provider)
    claims = verifying.verify(token, expected, lambda kid: registry.directory.key(provider, kid), now=now)
    identity = find_identity(issuer, claims["sub"])
    if identity is None or not identity.person.is_active:
        raise TokenRejected(
            "Nobody here belongs to this token. Sign in to the pages once, or ask an admin.", code="token_unknown_person"
        )
    return identity


def _looks_like_jwt(token: str) -> bool:
    return token.startswith("eyJ") and token.count(".") == 2
