"""Pools of tests, made through the services that the product uses."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.audit.domain import Actor
from apps.chains import services
from apps.chains.domain import PoolSpec, ProviderSpec
from apps.chains.models import RpcPool, RpcProvider
from apps.dags.models import DagVersion
from tests.factories import NOON

BY = Actor.system("tests")


def make_pool(name: str = "standard", *, chain_id: int = 1, kind: str = "evm", **spec: Any) -> RpcPool:
    return services.put_pool(name, PoolSpec(chain_id, kind, **spec), by=BY, now=NOON)


def make_provider(pool: RpcPool, name: str = "first", *, url: str = "http://127.0.0.1:1", **spec: Any) -> RpcProvider:
    return services.put_provider(pool, name, ProviderSpec(url, **spec), by=BY, now=NOON, config=settings.CONFIG)


def make_pools_of(version: DagVersion) -> None:
    """Those that its jobs name, for their chains, unless they are there."""
    for spec in version.jobs.values_list("spec", flat=True):
        config = spec.get("config") or {}
        name, chain_id = config.get("rpc_pool"), config.get("chain_id")
        if name and chain_id and not RpcPool.objects.filter(name=name).exists():
            make_pool(name, chain_id=chain_id)


def make_usual_pools() -> None:
    """Those that the documents of tests and starters name, without providers."""
    for name, chain_id in (("standard", 1), ("archive", 1), ("monad", 143)):
        make_pool(name, chain_id=chain_id)
    make_pool("beacon", kind="beacon")
