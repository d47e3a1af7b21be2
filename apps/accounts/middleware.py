"""Who is asking, if their session still counts; and every page is for people who are signed in, and still are at their provider,
unless its view says `login_not_required`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.contrib.auth.middleware import AuthenticationMiddleware, LoginRequiredMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from apps.accounts import sessions, themes
from apps.accounts.models import Person
from apps.accounts.sso import recheck
from apps.accounts.way_back import own_path


class SessionsThatCount(AuthenticationMiddleware):
    """In place of Django's, which believes a session for as long as it lasts. As lazy: who needs no person asks no database."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _person(request))  # type: ignore[assignment]  # as Django does it
        request.auser = sync_to_async(lambda: _person(request))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        # Only if somebody has asked who it is: an error page must not need a database for its colours.
        if (person := themes.known_person(request)) and person.theme:
            themes.keep(request, response, person.theme)
        return response


def _person(request: HttpRequest) -> Person | AnonymousUser:
    person = get_user(request)
    if isinstance(person, Person) and sessions.counts(request, person, now=timezone.now()):
        themes.know(request, person)
        return person
    sessions.forget(request)
    return AnonymousUser()


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
        return _whole_page_redirect(own_path(request, htmx.current_url))


def _whole_page_redirect(back_to: str) -> HttpResponse:
    return HttpResponseClientRedirect(f"{reverse('accounts:sign-in')}?{urlencode({'next': back_to})}")
