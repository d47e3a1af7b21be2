"""Where somebody was on our pages, as a header of their browser says it: anybody can write anything there."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest


def own_path(request: HttpRequest, url: str | None) -> str:
    """With its query, which is what a table was filtered by; `/` for another site's address and for what is none."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return "/"
    if parts.scheme not in {"http", "https"} or parts.netloc != request.get_host():
        return "/"
    # One slash: with two it would be the address of another site.
    path = "/" + parts.path.lstrip("/")
    return f"{path}?{parts.query}" if parts.query else path
