"""Pools and their providers, for platform staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.chains import gateway, selectors, services
from apps.chains.api import shapes
from apps.chains.domain import PoolSpec, ProviderSpec
from apps.chains.models import RpcPool, RpcProvider
from apps.orgs.guarded_api import GuardedAPI
from apps.orgs.policy import Action


def told_provider(row: RpcProvider) -> dict[str, object]:
    return {"name": row.name, "changed_at": row.changed_at, **asdict(row.spec)}


def told_pool(row: RpcPool) -> dict[str, object]:
    return {
        "name": row.name, "changed_at": row.changed_at, **asdict(row.spec),
        "providers": [told_provider(provider) for provider in row.providers.all()],
    }  # fmt: skip


def _said(serializer: type[serializers.Serializer[object]], request: Request) -> dict[str, Any]:
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    found: dict[str, Any] = body.validated_data
    return found


class PoolsView(GuardedAPI):
    actions: ClassVar = {"GET": Action.PLATFORM_RPC}

    @extend_schema(
        operation_id="list_platform_rpc_pools", responses=shapes.PoolSerializer(many=True),
        description="Every pool with its providers, for platform staff, by name. Keys are in the vault, and in no answer.",
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return _answer([told_pool(pool) for pool in selectors.pools()])


class PoolView(GuardedAPI):
    actions: ClassVar = {"GET": Action.PLATFORM_RPC, "PUT": Action.PLATFORM_RPC, "DELETE": Action.PLATFORM_RPC}

    @extend_schema(
        operation_id="get_platform_rpc_pool", responses=shapes.PoolSerializer, description="One pool with its providers."
    )
    def get(self, request: Request, pool_name: str) -> Response:
        return _answer(told_pool(selectors.get_pool(pool_name)))

    @extend_schema(
        operation_id="put_platform_rpc_pool", request=shapes.PoolSpecSerializer, responses=shapes.PoolSerializer,
        description="Make a pool, or change it to what is said. Chain and kind of a pool that active DAGs name stay: 409 `pool_in_use`.",
    )  # fmt: skip
    def put(self, request: Request, pool_name: str) -> Response:
        spec = PoolSpec(**_said(shapes.PoolSpecSerializer, request))
        pool = services.put_pool(pool_name, spec, by=self.by, now=timezone.now())
        return _answer(told_pool(selectors.get_pool(pool.name)))

    @extend_schema(
        operation_id="delete_platform_rpc_pool", responses={204: None},
        description="Delete a pool and its providers. One that active DAGs name is kept: 409 `pool_in_use`. Keys stay in the vault.",
    )  # fmt: skip
    def delete(self, request: Request, pool_name: str) -> Response:
        services.delete_pool(selectors.get_pool(pool_name), by=self.by)
        return Response(status=204)


class ProvidersView(GuardedAPI):
    actions: ClassVar = {"GET": Action.PLATFORM_RPC}

    @extend_schema(
        operation_id="list_platform_rpc_providers", responses=shapes.ProviderSerializer(many=True),
        description="The providers of one pool, by name; `{key}` in a URL stands for the value of its secret.",
    )  # fmt: skip
    def get(self, request: Request, pool_name: str) -> Response:
        return _answer([told_provider(provider) for provider in selectors.get_pool(pool_name).providers.all()])


class ProviderView(GuardedAPI):
    actions: ClassVar = {"GET": Action.PLATFORM_RPC, "PUT": Action.PLATFORM_RPC, "DELETE": Action.PLATFORM_RPC}

    @extend_schema(
        operation_id="get_platform_rpc_provider",
        responses=shapes.ProviderSerializer,
        description="One provider, without its key.",
    )
    def get(self, request: Request, pool_name: str, provider_name: str) -> Response:
        return _answer(told_provider(selectors.get_provider(selectors.get_pool(pool_name), provider_name)))

    @extend_schema(
        operation_id="put_platform_rpc_provider", request=shapes.ProviderSpecSerializer, responses=shapes.ProviderSerializer,
        description="Add a provider to a pool, or change it to what is said. Its key is written before, as a platform secret of the org"
        " `platform`; a URL that seems to hold one is refused with 422 `key_in_url`.",
    )  # fmt: skip
    def put(self, request: Request, pool_name: str, provider_name: str) -> Response:
        pool, spec = selectors.get_pool(pool_name), ProviderSpec(**_said(shapes.ProviderSpecSerializer, request))
        row = services.put_provider(pool, provider_name, spec, by=self.by, now=timezone.now(), config=settings.CONFIG)
        return _answer(told_provider(row))

    @extend_schema(
        operation_id="delete_platform_rpc_provider", responses={204: None},
        description="Remove a provider from its pool. Its key stays in the vault.",
    )  # fmt: skip
    def delete(self, request: Request, pool_name: str, provider_name: str) -> Response:
        services.delete_provider(selectors.get_provider(selectors.get_pool(pool_name), provider_name), by=self.by)
        return Response(status=204)


class HealthView(GuardedAPI):
    actions: ClassVar = {"GET": Action.PLATFORM_RPC}

    @extend_schema(
        operation_id="platform_rpc_health", responses=shapes.GatewayStatusSerializer,
        description="How every pool and provider is, as the RPC gateway sees it now. 503 while the gateway is away.",
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return _answer(gateway.status(settings.CONFIG).model_dump(mode="json"))


def _answer(told: dict[str, object] | Sequence[dict[str, object]]) -> Response:
    return Response(told)
