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
from apps.dispatch.api.calls import answer, each, holder, read, unkept
from apps.dispatch.services import Said
from apps.orgs.policy import Action
from apps.platform import contracts
from apps.platform.contracts import reading, storing, tables
from apps.platform.errors import TraceError


class HolderView(APIView):
    """Nobody by a session or a worker's token: every call proves itself with the capability of its attempt."""

    actions: ClassVar = {"POST": Action.TASK_HOLD}
    authentication_classes = ()
    permission_classes = (AllowAny,)


T = TypeVar("T")


def _one(given: T | TraceError) -> T:
    if isinstance(given, TraceError):
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


class CredentialsView(HolderView):
    @extend_schema(
        operation_id="task_credentials",
        request=storing.CredentialsRequest,
        responses={200: storing.CredentialsAnswer},
    )
    def post(self, request: Request) -> Response:
        said = read(request, storing.CredentialsRequest)
        now = timezone.now()
        capability = holder(request, said, now=now)
        return unkept(services.mint_credentials(said, capability, now=now))


class InputsView(HolderView):
    @extend_schema(operation_id="task_inputs", request=reading.InputsRequest, responses={200: reading.InputsAnswer})
    def post(self, request: Request) -> Response:
        said = read(request, reading.InputsRequest)
        holder(request, said, now=timezone.now())
        return answer(services.list_inputs(said))


class OpenTableView(HolderView):
    @extend_schema(operation_id="task_open_table", request=tables.OpenTable, responses={200: tables.TableOpened})
    def post(self, request: Request) -> Response:
        said = read(request, tables.OpenTable)
        holder(request, said, now=timezone.now())
        return unkept(services.open_table(said))


class ReadTableView(HolderView):
    @extend_schema(operation_id="task_read_table", request=tables.ReadTable, responses={200: tables.TableToRead})
    def post(self, request: Request) -> Response:
        said = read(request, tables.ReadTable)
        now = timezone.now()
        holder(request, said, now=now)
        return unkept(services.read_table(said, now=now))
