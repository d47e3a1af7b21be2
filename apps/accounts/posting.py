"""Addresses that only take a form: whoever opens one is led to the page that the form is on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

View = Callable[..., HttpResponse]


def posted_from(page: str, *names: str) -> Callable[[View], View]:
    """In place of `require_POST`: a form that is refused leaves its address in the browser, to be opened again.

    `names` are the parts of the address that the page's has as well.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method in {"GET", "HEAD"}:
                # Nothing is looked up and nothing is allowed here: the page does both.
                return redirect(page, *(kwargs[name] for name in names))
            if request.method != "POST":
                return HttpResponseNotAllowed(["GET", "POST"])
            return view(request, *args, **kwargs)

        return entered

    return guard
