"""The OpenAPI document of a plane: only that plane's routes are in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny


def schema_view(urlconf: str, *, title: str) -> Callable[..., Any]:
    return SpectacularJSONAPIView.as_view(
        urlconf=urlconf, custom_settings={"TITLE": title}, authentication_classes=[], permission_classes=[AllowAny]
    )
