"""The internal plane's call about a feed: of who holds a task."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.dispatch import services
from apps.dispatch.api.calls import holder, read, unkept
from apps.dispatch.api.tasks import HolderView
from apps.platform.contracts import feeds as contracts


class OpenFeedView(HolderView):
    @extend_schema(operation_id="task_open_feed", request=contracts.OpenFeed, responses={200: contracts.FeedOpened})
    def post(self, request: Request) -> Response:
        said = read(request, contracts.OpenFeed)
        now = timezone.now()
        capability = holder(request, said, now=now)
        return unkept(services.open_feed(said, capability, now=now))
