"""The theme is the person's, and the cookie carries it to where nobody knows yet, or any more, who is looking."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase

from apps.accounts.domain import Theme
from apps.accounts.models import Person

COOKIE = "trace_theme"
_DRAWN = frozenset({Theme.LIGHT, Theme.DARK})
_KNOWN = "_themed_person"


def know(request: HttpRequest, person: Person) -> None:
    """From here on the page may be drawn for this person without asking the database again, or at all."""
    setattr(request, _KNOWN, person)


def known_person(request: HttpRequest) -> Person | None:
    return getattr(request, _KNOWN, None)


def drawn(request: HttpRequest) -> str:
    """`light` or `dark`; empty for the system's. Whoever has chosen none goes by the cookie of this browser."""
    person = known_person(request)
    theme = (person and person.theme) or request.COOKIES.get(COOKIE, "")
    return theme if theme in _DRAWN else ""


def keep(request: HttpRequest, response: HttpResponseBase, theme: str) -> None:
    if theme in _DRAWN:
        if request.COOKIES.get(COOKIE) != theme:
            response.set_cookie(COOKIE, theme, max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure())
    elif COOKIE in request.COOKIES:
        response.delete_cookie(COOKIE, samesite="Lax")
