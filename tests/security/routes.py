"""Every route of both planes, as the tests of rights see it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver


@dataclass(frozen=True)
class Route:
    path: str
    # Method → action; `*` for a page, whose decorators limit its methods.
    actions: dict[str, str]
    view: Any

    def __str__(self) -> str:
        return self.path


def routes(plane: str) -> list[Route]:
    urlconf = importlib.import_module(f"traceweb.urls.{plane}")
    return list(_walk(urlconf.urlpatterns, ""))


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        else:
            callback: Any = pattern.callback
            view = getattr(callback, "cls", callback)
            yield Route("/" + path, {method: str(action) for method, action in getattr(view, "actions", {}).items()}, view)
