"""Messages of the outbox that failed for good, for platform staff: the API's list and replay, and the page's."""

from __future__ import annotations

import json
from typing import ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.orgs.access import guarded
from apps.orgs.guarded_api import PAGING, GuardedAPI, page_of
from apps.orgs.policy import Action
from apps.outbox import selectors, services
from apps.outbox.models import Message


class MessageSerializer(serializers.ModelSerializer[Message]):
    class Meta:
        model = Message
        fields = ("id", "kind", "payload", "state", "attempts", "error", "created_at", "due_at")


class MessagePageSerializer(serializers.Serializer[object]):
    results = MessageSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class FailedMessagesView(GuardedAPI):
    actions: ClassVar = {"GET": Action.PLATFORM_OUTBOX}

    @extend_schema(
        operation_id="list_failed_messages",
        description="Messages of the outbox that failed for good, newest first, for platform staff.",
        responses=MessagePageSerializer,
        parameters=PAGING,
    )
    def get(self, request: Request) -> Response:
        messages, more = page_of(selectors.failed_messages(), request, descending=True)
        return Response(MessagePageSerializer({"results": messages, "next": more}).data)


class ReplayView(GuardedAPI):
    actions: ClassVar = {"POST": Action.PLATFORM_OUTBOX}

    @extend_schema(
        operation_id="replay_message",
        description="Put a failed message back into the outbox.",
        request=None,
        responses={202: MessageSerializer},
    )
    def post(self, request: Request, message_id: UUID) -> Response:
        message = services.replay(message_id, by=self.by)
        return Response(MessageSerializer(message).data, status=202)


@posted_from("console:health")
@guarded(Action.PLATFORM_OUTBOX)
def replay(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """To htmx the row as it is now; to a browser without JavaScript the page it came from."""
    message = services.replay(message_id, by=actor_of(request))
    if not request.headers.get("HX-Request"):
        return redirect("console:health")
    response = render(request, "outbox/_failed_row.html", {"message": message})
    response["HX-Trigger"] = json.dumps({"trace:toast": {"text": "Replayed: it is pending again.", "state": "ok"}})
    return response
