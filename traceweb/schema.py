"""The OpenAPI document of a plane: only that plane's routes are in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SCHEMA_KWARGS, SpectacularJSONAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request


class SchemaView(SpectacularJSONAPIView):
    """Made once by each process: it takes a fifth of a second, anybody may ask, and it changes with the code only."""

    made: ClassVar[dict[str, bytes]] = {}

    @extend_schema(**SCHEMA_KWARGS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        plane = str(self.urlconf)
        if plane not in self.made:
            response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
            response.accepted_renderer = self.renderer_classes[0]()
            response.accepted_media_type = response.accepted_renderer.media_type
            response.renderer_context = self.get_renderer_context()
            self.made[plane] = response.rendered_content
        return HttpResponse(self.made[plane], content_type="application/vnd.oai.openapi+json")


def schema_view(urlconf: str, *, title: str) -> Callable[..., Any]:
    return SchemaView.as_view(
        urlconf=urlconf, custom_settings={"TITLE": title}, authentication_classes=[], permission_classes=[AllowAny]
    )
