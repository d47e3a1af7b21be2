"""What everybody may know of pools: that they are there, and of which chain."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.chains import selectors
from apps.chains.api.shapes import KnownPoolSerializer
from apps.orgs.guarded_api import GuardedAPI
from apps.orgs.policy import Action


class PoolsView(GuardedAPI):
    actions: ClassVar = {"GET": Action.POOLS_VIEW}

    @extend_schema(
        operation_id="list_rpc_pools",
        description="The pools of RPC providers that a job can name as `rpc_pool` or `beacon_pool`, by name. Platform staff add them;"
        " who their providers are is told to nobody else.",
        responses=KnownPoolSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response(KnownPoolSerializer(list(selectors.known_pools().values()), many=True).data)
