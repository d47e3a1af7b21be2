"""Dead letters of the outbox, for platform staff."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.outbox import selectors, services
from apps.outbox.models import Message
from apps.platform.errors import BadInput

PAGE = 50


class IsPlatformStaff(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(getattr(request.user, "is_platform_staff", False))


class MessageSerializer(serializers.ModelSerializer[Message]):
    class Meta:
        model = Message
        fields = ("id", "kind", "payload", "state", "attempts", "error", "created_at", "due_at")


class MessagePageSerializer(serializers.Serializer[object]):
    results = MessageSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class FailedMessagesView(APIView):
    permission_classes = (IsPlatformStaff,)

    @extend_schema(
        operation_id="list_failed_messages", responses=MessagePageSerializer, parameters=[OpenApiParameter("cursor", str)]
    )
    def get(self, request: Request) -> Response:
        messages = selectors.failed_messages(before=_cursor(request), limit=PAGE + 1)
        page, more = messages[:PAGE], len(messages) > PAGE
        return Response(MessagePageSerializer({"results": page, "next": str(page[-1].id) if more else None}).data)


class ReplayView(APIView):
    permission_classes = (IsPlatformStaff,)

    @extend_schema(operation_id="replay_message", request=None, responses={202: MessageSerializer})
    def post(self, request: Request, message_id: UUID) -> Response:
        message = services.replay(message_id, by=str(request.user.pk))
        return Response(MessageSerializer(message).data, status=202)


def _cursor(request: Request) -> UUID | None:
    raw = request.query_params.get("cursor")
    try:
        return UUID(raw) if raw else None
    except ValueError:
        raise BadInput("`cursor` is not one that this list gave out.", code="bad_cursor") from None
