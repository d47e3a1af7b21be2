"""The internal plane's calls of lease holders. A token says which attempt speaks; the fence, whether it still may."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.dispatch import services
from apps.dispatch.api.calls import answer, each, holder, read
from apps.dispatch.services import Said
from apps.orgs.policy import Action
from apps.platform import contracts
from apps.platform.errors import UserError


class HolderView(APIView):
    """Nobody by a session or a worker's token: every call proves itself with the capability of its attempt."""

    actions: ClassVar = {"POST": Action.TASK_HOLD}
    authentication_classes = ()
    permission_classes = (AllowAny,)


T = TypeVar("T")


def _one(given: T | UserError) -> T:
    if isinstance(given, UserError):
        raise given
    return given


class HeartbeatView(HolderView):
    @extend_schema(operation_id="task_heartbeat", request=contracts.Heartbeat, responses={200: contracts.HeartbeatAnswer})
    def post(self, request: Request) -> Response:
        said = read(request, contracts.Heartbeat)
        now = timezone.now()
        capability = holder(request, said, now=now)
        return answer(_one(services.heartbeat([(said, capability)], now=now)[0]))


class HeartbeatsView(HolderView):
    @extend_schema(operation_id="task_heartbeats", request=contracts.HeartbeatBatch, responses={200: contracts.BatchAnswer})
    def post(self, request: Request) -> Response:
        batch = read(request, contracts.HeartbeatBatch)
        now = timezone.now()
        results = each(batch.items, lambda good: services.heartbeat(good, now=now), now=now)
        return answer(contracts.BatchAnswer(results=results))


class EventsView(HolderView):
    @extend_schema(operation_id="task_events", request=contracts.EventsReport, responses={200: contracts.EventsAnswer})
    def post(self, request: Request) -> Response:
        said = read(request, contracts.EventsReport)
        capability = holder(request, said, now=timezone.now())
        return answer(_one(services.report([(said, capability)])[0]))


class EventBatchesView(HolderView):
    @extend_schema(operation_id="task_event_batches", request=contracts.EventsBatch, responses={200: contracts.BatchAnswer})
    def post(self, request: Request) -> Response:
        batch = read(request, contracts.EventsBatch)
        return answer(contracts.BatchAnswer(results=each(batch.items, services.report, now=timezone.now())))


class CompleteView(HolderView):
    @extend_schema(operation_id="task_complete", request=contracts.Completion, responses={200: contracts.CompletionAnswer})
    def post(self, request: Request) -> Response:
        said = read(request, contracts.Completion)
        capability = holder(request, said, now=timezone.now())
        return answer(_one(services.complete([Said(said, capability)])[0]))


class CompletionsView(HolderView):
    @extend_schema(operation_id="task_completions", request=contracts.CompletionBatch, responses={200: contracts.BatchAnswer})
    def post(self, request: Request) -> Response:
        batch = read(request, contracts.CompletionBatch)
        results = each(batch.items, lambda good: services.complete([Said(*one) for one in good]), now=timezone.now())
        return answer(contracts.BatchAnswer(results=results))


class LogsView(HolderView):
    @extend_schema(operation_id="task_logs", request=contracts.LogBatch, responses={200: contracts.LogAnswer})
    def post(self, request: Request) -> Response:
        said = read(request, contracts.LogBatch)
        holder(request, said, now=timezone.now())
        return answer(services.append(said))
