"""From the provider's answer to a person: the code becomes tokens, the ID token proves an identity, the identity is somebody's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from apps.accounts import services
from apps.accounts.admission import AlreadyLinked, VerifiedIdentity
from apps.accounts.models import Person
from apps.accounts.sso import registry, session
from apps.accounts.sso.claims import identity_from
from apps.accounts.sso.errors import (
    Deactivated,
    Expired,
    LinkedAlready,
    ProviderDown,
    ProviderFault,
    Refused,
    UnknownPerson,
    UnverifiedEmail,
)
from apps.accounts.sso.library import ForProvider
from apps.audit.domain import Actor, ActorKind
from apps.audit.requests import client_address
from apps.platform.oidc import http, verifying
from apps.platform.oidc.errors import ProviderBroken, ProviderUnreachable, TokenRejected

Claims = dict[str, Any]


class SingleSignOn(ForProvider, OIDCAuthenticationBackend):  # type: ignore[misc]  # the library has no types
    def __init__(self) -> None:
        """Not the library's: Django makes backends on every request, long before one is asked for."""

    def authenticate(self, request: HttpRequest | None, nonce: str, code_verifier: str) -> Person | None:
        if request is None or request.resolver_match is None:
            return None
        self.serve(registry.provider_of(request.resolver_match.kwargs["key"]))
        try:
            person: Person | None = super().authenticate(request, nonce=nonce, code_verifier=code_verifier)
            return person
        except TokenRejected as error:
            raise Refused(error.message, provider=self.provider) from None
        except ProviderUnreachable:
            raise ProviderDown(provider=self.provider) from None
        except ProviderBroken as error:
            raise ProviderFault(str(error), provider=self.provider) from None

    def get_token(self, payload: dict[str, str]) -> Claims:
        """The library's own waits for ever and raises what nobody translates."""
        form = payload | {"redirect_uri": self.callback_url(self.request)}
        basic = (form["client_id"], form.pop("client_secret")) if self.endpoints.basic_auth else None
        status, answer = http.post_form(self.endpoints.token, form, basic=basic)
        if answer.get("error") == "invalid_grant":
            raise Expired("The provider no longer knows this sign-in.", provider=self.provider)
        if status != 200 or not isinstance(answer.get("id_token"), str):
            raise ProviderBroken(f"the token endpoint answers {status} {answer.get('error', 'without an ID token')}")
        return answer

    def verify_token(self, token: str, **kwargs: Any) -> Claims:
        """In place of the library's, which checks signature and nonce alone."""
        expected = verifying.Expected(self.provider, nonce=kwargs.get("nonce") or "")
        return verifying.verify(token, expected, self._key, now=timezone.now())

    def store_tokens(self, access_token: str, id_token: str) -> None:
        session.remember(self.request, self.provider.key, id_token, now=timezone.now())

    def get_or_create_user(self, access_token: str, id_token: str, payload: Claims) -> Person:
        """By issuer and subject, never by e-mail as the library does."""
        verified = identity_from(self._complete(payload, access_token), self.provider)
        try:
            identity = services.sign_in_identity(verified, by=self._somebody(verified), now=timezone.now())
        except AlreadyLinked:
            raise LinkedAlready(provider=self.provider) from None
        if identity is None:
            raise (UnknownPerson if verified.email else UnverifiedEmail)(provider=self.provider)
        if not identity.person.is_active:
            raise Deactivated(provider=self.provider)
        return identity.person

    def get_user(self, user_id: UUID) -> Person | None:
        return Person.objects.filter(pk=user_id, is_active=True).first()

    def _somebody(self, verified: VerifiedIdentity) -> Actor:
        request_id = getattr(self.request, "request_id", "")
        return Actor(ActorKind.PERSON, verified.email, address=client_address(self.request), request_id=request_id)

    def _complete(self, claims: Claims, access_token: str) -> Claims:
        """Some providers put the e-mail into the ID token, others only into what the userinfo endpoint says."""
        if "email" in claims or not self.endpoints.userinfo or not access_token:
            return claims
        more = http.get_json(self.endpoints.userinfo, bearer=access_token)
        if more.get("sub") != claims["sub"]:
            raise TokenRejected("The provider tells of somebody else than it signed for.")
        return more | claims

    def _key(self, kid: str | None) -> http.Document | None:
        return registry.directory.key(self.provider, kid)
