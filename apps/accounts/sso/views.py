"""The way to the provider, the way back, and the way out."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import structlog
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView

from apps.accounts import sessions
from apps.accounts.sso import flow, leaving, registry, session
from apps.accounts.sso.errors import Cancelled, Expired, ProviderDown, ProviderFault, Refused, SsoError
from apps.accounts.sso.library import ForProvider

log = structlog.get_logger("trace.sso")
# What a provider says when it would have had to show something though it was asked not to.
_NOT_SILENTLY = frozenset({"login_required", "interaction_required", "consent_required", "account_selection_required"})


@method_decorator([login_not_required, never_cache], name="dispatch")
class Start(ForProvider, OIDCAuthenticationRequestView):  # type: ignore[misc]  # the library has no types
    """A GET and a link: the policy's form-action would stop a form that is redirected to another site."""

    def __init__(self, **kwargs: Any) -> None:
        """Not the library's, which wants to know the provider before there is a request."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        self.serve(registry.provider_of(key))
        response: HttpResponse = super().get(request)
        (state,) = parse_qs(urlsplit(response.headers["Location"]).query)["state"]
        flow.bind(request, state, self.provider, is_silent=self._is_silent(request))
        return response

    def get_extra_params(self, request: HttpRequest) -> dict[str, str]:
        prompt = {"prompt": "none"} if self._is_silent(request) else {}
        return prompt | {"redirect_uri": self.callback_url(request)}

    @staticmethod
    def _is_silent(request: HttpRequest) -> bool:
        return request.GET.get("silent") == "1" and request.user.is_authenticated


@method_decorator([login_not_required, never_cache], name="dispatch")
class Callback(OIDCAuthenticationCallbackView):  # type: ignore[misc]
    def get(self, request: HttpRequest, key: str) -> HttpResponseBase:
        self.provider = registry.provider_of(key)
        before = sessions.id_of(request)
        try:
            self.pending = flow.pending(request, self.provider)
            self._refuse_another_issuer(request)
            self._refuse_errors(request)
            response: HttpResponseBase = super().get(request)
        except SsoError as error:
            flow.forget(request)
            log.warning("sso refused", provider=key, code=error.code, reason=error.message)
            self._end_session(request, error)
            raise
        # A silent check goes on with the session that it was for, unless the provider knows somebody else there by now.
        if not self.pending.is_silent or sessions.id_of(request) is None:
            sessions.begin(request, self.user, provider=key, replaced=before, now=timezone.now())
        log.info("sso signed in", provider=key, person=str(request.user.pk))
        return response

    @property
    def success_url(self) -> str:
        return self.pending.next_url or reverse("console:start")

    def login_success(self) -> HttpResponse:
        # Django's login empties the session of somebody else who was here before, and with it what the backend has just remembered:
        # without that nobody would ever ask the provider again.
        remembered = self.request.session.get(session.KEY)
        response: HttpResponse = super().login_success()
        self.request.session[session.KEY] = remembered
        return response

    def login_failure(self) -> HttpResponse:
        raise Refused(provider=self.provider)

    def _refuse_another_issuer(self, request: HttpRequest) -> None:
        """RFC 9207: a provider that says who it is in its answers says so in all of them."""
        issuer = request.GET.get("iss", "" if registry.endpoints_of(self.provider).says_issuer else self.provider.issuer)
        if issuer != self.provider.issuer:
            raise Refused("Another provider has answered this sign-in.", provider=self.provider)

    def _refuse_errors(self, request: HttpRequest) -> None:
        if error := request.GET.get("error"):
            kind = Expired if error in _NOT_SILENTLY else Cancelled if error == "access_denied" else ProviderFault
            message = "" if kind is not ProviderFault else f"The provider says {error[:60]!r}."
            raise kind(message, provider=self.provider, next_url=self.pending.next_url)

    def _end_session(self, request: HttpRequest, error: SsoError) -> None:
        """A check that came out badly ends the session that it was for. A provider that is down proves nothing."""
        is_recheck = getattr(self, "pending", None) is not None and self.pending.is_silent
        if is_recheck and not isinstance(error, (ProviderDown, ProviderFault)):
            sessions.leave(request)


@login_not_required
@never_cache
@require_GET
def leave(request: HttpRequest, key: str) -> HttpResponse:
    """To the provider, to end its session too. Reached by a page that moves on: a redirected form would be stopped by the policy."""
    provider = registry.provider_of(key)
    hint = leaving.take(request, provider.key)
    if not hint:
        return redirect("accounts:sign-in")
    query = {
        "id_token_hint": hint,
        "client_id": provider.client_id,
        "post_logout_redirect_uri": request.build_absolute_uri(reverse("accounts:sign-in")),
    }
    return redirect(f"{registry.endpoints_of(provider).end_session}?{urlencode(query)}")
