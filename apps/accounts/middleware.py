"""Every page is for people who are signed in, and still are at their provider, unless its view says `login_not_required`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from apps.accounts.sso import recheck


class SignInRequired(LoginRequiredMiddleware):
    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        if refused is not None or not getattr(view_func, "login_required", True):
            return refused
        return recheck.ask_again(request, now=timezone.now())

    def handle_no_permission(  # type: ignore[override]  # the stubs allow a 302 only; Django passes on any response
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        htmx: HtmxDetails | None = getattr(request, "htmx", None)
        if not htmx:
            return super().handle_no_permission(request, view_func)
        # A redirect would be followed in the background and the sign-in page would land inside a fragment.
        return _whole_page_redirect(urlsplit(htmx.current_url or "").path or "/")


def _whole_page_redirect(back_to: str) -> HttpResponse:
    return HttpResponseClientRedirect(f"{reverse('accounts:sign-in')}?{urlencode({'next': back_to})}")
