"""How the API knows a person who is signed in to the pages."""

from __future__ import annotations

from rest_framework.authentication import SessionAuthentication


class Session(SessionAuthentication):
    """The pages' own calls: the session cookie, with the CSRF token on everything that changes state."""
