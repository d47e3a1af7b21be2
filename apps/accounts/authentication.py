"""How the API knows a person who is signed in to the pages, and how a view gets hold of the person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.models import Person
from apps.accounts.sso import recheck
from apps.platform.errors import NotSignedIn


class Session(SessionAuthentication):
    """The pages' own calls: the session cookie, with the CSRF token on everything that changes state."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found and recheck.is_overdue(request._request, now=timezone.now()):  # noqa: SLF001  the session is Django's request's
            raise AuthenticationFailed(
                "Your sign-in is to be checked with its provider: open a page of Trace.", code="sso_expired"
            )
        return found


def signed_in(request: HttpRequest | Request) -> Person:
    """The person, typed; refuses whoever is not one."""
    if isinstance(request.user, Person):
        return request.user
    raise NotSignedIn("Sign in first.")
