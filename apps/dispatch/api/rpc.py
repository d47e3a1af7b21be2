"""The internal plane's calls about ways to a chain: of the gateway, of lease holders, and of processes of ours."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.dispatch import services
from apps.dispatch.api.calls import holder, read, unkept
from apps.dispatch.api.tasks import HolderView
from apps.dispatch.authentication import IsGateway
from apps.orgs.policy import Action
from apps.platform.contracts import rpc as contracts


class OpenPoolView(HolderView):
    @extend_schema(operation_id="task_open_pool", request=contracts.OpenPool, responses={200: contracts.PoolOpened})
    def post(self, request: Request) -> Response:
        said = read(request, contracts.OpenPool)
        now = timezone.now()
        capability = holder(request, said, now=now)
        return unkept(services.open_pool(said, capability, now=now))


class PoolsView(APIView):
    actions: ClassVar = {"GET": Action.GATEWAY_SERVE}
    authentication_classes = ()
    permission_classes = (IsGateway,)

    @extend_schema(operation_id="rpc_pools", responses={200: contracts.GatewayPools})
    def get(self, request: Request) -> Response:
        return unkept(services.pools_for_gateway())


class ProcessTicketView(APIView):
    actions: ClassVar = {"POST": Action.GATEWAY_SERVE}
    authentication_classes = ()
    permission_classes = (IsGateway,)

    @extend_schema(operation_id="rpc_process_ticket", request=contracts.OpenPoolOfProcess, responses={200: contracts.PoolOpened})
    def post(self, request: Request) -> Response:
        said = read(request, contracts.OpenPoolOfProcess)
        return unkept(services.open_pool_for_process(said.pool, process=said.process, now=timezone.now()))
