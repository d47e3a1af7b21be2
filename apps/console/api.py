from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import signed_in
from apps.console.health import Health, take_health
from apps.orgs.guarded_api import GuardedAPI
from apps.orgs.policy import Action
from apps.platform.errors import NotBuilt


class NotBuiltView(APIView):
    """Whoever asks, with whatever method: this part is not there yet, so there is nothing to be allowed."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, part: str, **kwargs: Any) -> NoReturn:
        raise NotBuilt(f"This version of Trace does not have `{part}` yet.", detail={"part": part})


class ServerSerializer(serializers.Serializer[object]):
    key = serializers.CharField()
    state = serializers.ChoiceField(["ok", "failed", "skipped"])
    milliseconds = serializers.FloatField(allow_null=True)


class ProbeSerializer(serializers.Serializer[object]):
    received_at = serializers.DateTimeField(allow_null=True)
    milliseconds = serializers.FloatField(allow_null=True)
    worker_id = serializers.CharField()
    is_late = serializers.BooleanField()


class OutboxSerializer(serializers.Serializer[object]):
    pending = serializers.IntegerField()
    failed = serializers.IntegerField()
    oldest_pending_seconds = serializers.FloatField()


class ProcessSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    state = serializers.CharField()
    restarts = serializers.IntegerField()
    since = serializers.DateTimeField()


class WorkerSerializer(serializers.Serializer[object]):
    id = serializers.CharField(source="worker.id")
    kind = serializers.CharField(source="worker.kind")
    last_seen_at = serializers.DateTimeField(source="worker.last_seen_at")
    is_late = serializers.BooleanField()


class HealthSerializer(serializers.Serializer[Health]):
    """A part that is null could not be read in time; processes are null where something else watches them."""

    checked_at = serializers.DateTimeField()
    problems = serializers.ListField(child=serializers.CharField())
    servers = ServerSerializer(many=True)
    probe = ProbeSerializer(source="trip", allow_null=True)
    outbox = OutboxSerializer(allow_null=True)
    workers = WorkerSerializer(many=True)
    processes = ProcessSerializer(many=True, allow_null=True)


class HealthView(GuardedAPI):
    actions: ClassVar = {"GET": Action.PLATFORM_HEALTH}

    @extend_schema(
        operation_id="platform_health", description="Whether Trace and what it depends on work.", responses=HealthSerializer
    )
    def get(self, request: Request) -> Response:
        health = take_health(signed_in(request), config=settings.CONFIG, now=timezone.now())
        return Response(HealthSerializer(health).data)
