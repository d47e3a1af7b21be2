from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import selectors, services, sessions
from apps.accounts.authentication import signed_in
from apps.accounts.models import BrowserSession
from apps.orgs.guarded_api import PAGING, GuardedAPI, page_of
from apps.orgs.policy import Action


class SessionSerializer(serializers.Serializer[BrowserSession]):
    """`provider` is empty for a password; `is_this` says whether the call came with this session's cookie."""

    id = serializers.UUIDField()
    browser = serializers.CharField()
    address = serializers.CharField()
    provider = serializers.CharField()
    signed_in_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    is_this = serializers.SerializerMethodField()

    def get_is_this(self, session: BrowserSession) -> bool:
        return bool(session.pk == self.context["this"])


class SessionPageSerializer(serializers.Serializer[object]):
    results = SessionSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class SessionsView(GuardedAPI):
    """The browsers in which one is signed in."""

    actions: ClassVar = {"GET": Action.SELF_VIEW}

    @extend_schema(
        operation_id="list_my_sessions",
        description="The browsers in which you are signed in.",
        responses=SessionPageSerializer,
        parameters=PAGING,
    )
    def get(self, request: Request) -> Response:
        found, more = page_of(selectors.sessions_of(signed_in(request), now=timezone.now()), request)
        this = {"this": sessions.id_of(request._request)}  # noqa: SLF001  the session is Django's request's
        return Response(SessionPageSerializer({"results": found, "next": more}, context=this).data)


class SessionView(GuardedAPI):
    actions: ClassVar = {"DELETE": Action.SELF_CHANGE}

    @extend_schema(operation_id="revoke_my_session", description="Sign a browser of yours out.", responses={204: None})
    def delete(self, request: Request, session_id: UUID) -> Response:
        services.revoke_session(selectors.get_session(signed_in(request), session_id), by=self.by)
        return Response(status=204)
