"""Why a single sign-on did not work: a stable code each, what happened, and what to do about it.

SsoError
├── UnknownProvider    404  sso_unknown_provider   no provider has this key
├── LostState          400  sso_state              not begun in this browser, or answered already
├── Expired            401  sso_expired            began too long ago, or is over at the provider
├── Cancelled          403  sso_cancelled          the person, or the provider, said no
├── Refused            403  sso_refused            what the provider sent does not prove anything
├── UnverifiedEmail    403  sso_unverified_email   new here, and the provider does not vouch for the address
├── UnknownPerson      403  sso_unknown_person     proved, but nobody has let this person in
├── LinkedAlready      409  sso_already_linked     the address belongs to somebody whom the provider knows as another
├── Deactivated        403  sso_deactivated        known, and switched off
├── ProviderFault      502  sso_provider_fault     the provider answers what cannot be used
└── ProviderDown       503  sso_provider_down      the provider does not answer
"""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from django.urls import reverse

from apps.platform.errors import UserError
from apps.platform.oidc.providers import Provider


class SsoError(UserError):
    """`remedy` is for the person to do; `again` is where to try once more."""

    remedy: ClassVar[str] = "Sign in again."
    message_: ClassVar[str]

    def __init__(self, message: str = "", *, provider: Provider | None = None, next_url: str = "") -> None:
        detail = {"remedy": self.remedy}
        if provider:
            query = f"?{urlencode({'next': next_url})}" if next_url else ""
            detail |= {"provider": provider.name, "again": reverse("accounts:sso-start", args=[provider.key]) + query}
        super().__init__(message or self.message_, detail=detail)


class UnknownProvider(SsoError):
    status, code = 404, "sso_unknown_provider"
    message_ = "There is no such way to sign in."
    remedy = "Choose one of those on the sign-in page."


class LostState(SsoError):
    code = "sso_state"
    message_ = "This sign-in was not begun in this browser, or it has been answered already."
    remedy = "Sign in again, in one browser and with cookies switched on."


class Expired(SsoError):
    status, code = 401, "sso_expired"
    message_ = "This sign-in is over."


class Cancelled(SsoError):
    status, code = 403, "sso_cancelled"
    message_ = "The sign-in was cancelled, or the provider does not let you in."
    remedy = "Sign in again, or ask those who run the provider for access."


class Refused(SsoError):
    status, code = 403, "sso_refused"
    message_ = "What the provider sent does not prove who you are."
    remedy = "Sign in again. If it stays so, tell those who run Trace the request id: a setting of the provider is wrong."


class UnverifiedEmail(SsoError):
    status, code = 403, "sso_unverified_email"
    message_ = "The provider does not vouch for your e-mail address, so it cannot say who you are here."
    remedy = "Verify the address at the provider, then sign in again."


class UnknownPerson(SsoError):
    status, code = 403, "sso_unknown_person"
    message_ = "You have proved who you are, but nobody has let you into Trace yet."
    remedy = "Ask an admin of your org for an invitation to the same e-mail address, then sign in again."


class LinkedAlready(SsoError):
    status, code = 409, "sso_already_linked"
    message_ = "Your e-mail address belongs to somebody here whom this provider knows under another account."
    remedy = "If that is you, ask those who run Trace to unlink the old account. If it is not, ask for an address of your own."


class Deactivated(SsoError):
    status, code = 403, "sso_deactivated"
    message_ = "Your account has been switched off."
    remedy = "Ask those who run Trace."


class ProviderFault(SsoError):
    status, code = 502, "sso_provider_fault"
    message_ = "The provider answers what Trace cannot use."
    remedy = "Tell those who run Trace the request id."


class ProviderDown(SsoError):
    status, code = 503, "sso_provider_down"
    message_ = "The provider does not answer."
    remedy = "Try again in a moment. You are not signed out by this."
