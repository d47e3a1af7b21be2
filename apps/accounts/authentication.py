"""How the API knows a person who is signed in to the pages, and how a view gets hold of the person."""

from __future__ import annotations

from django.http import HttpRequest
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from apps.accounts.models import Person
from apps.platform.errors import NotSignedIn


class Session(SessionAuthentication):
    """The pages' own calls: the session cookie, with the CSRF token on everything that changes state."""


def signed_in(request: HttpRequest | Request) -> Person:
    """The person, typed; refuses whoever is not one."""
    if isinstance(request.user, Person):
        return request.user
    raise NotSignedIn("Sign in first.")
