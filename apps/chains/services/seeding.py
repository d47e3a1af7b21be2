"""Pools that whoever starts Trace brings along: the demo's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from apps.audit.domain import Actor
from apps.chains.domain import PoolSpec, ProviderSpec
from apps.chains.models import RpcPool, RpcProvider
from apps.chains.services.pools import put_pool
from apps.chains.services.providers import put_provider
from apps.platform.config import Config
from apps.platform.errors import Invalid

_BY = Actor.system("prepare")


@dataclass(frozen=True)
class SeededPool:
    """`said` is what of its spec is given, `providers` the same of each, by name."""

    name: str
    said: Mapping[str, Any]
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> SeededPool:
        providers = {one["name"]: _known(one, ProviderSpec) for one in document.get("providers", [])}
        return cls(document["name"], _known(document, PoolSpec), providers)


def seed_pools(pools: Sequence[SeededPool], *, now: datetime, config: Config) -> None:
    """Idempotent. What is given is so afterwards, such as an address that is new at every start; what staff chose beside it stays."""
    for one in pools:
        there = RpcPool.objects.filter(name=one.name).first()
        pool = put_pool(one.name, replace(there.spec, **one.said) if there else PoolSpec(**one.said), by=_BY, now=now)
        for name, said in one.providers.items():
            provider = RpcProvider.objects.filter(pool=pool, name=name).first()
            spec = replace(provider.spec, **said) if provider else ProviderSpec(**said)
            put_provider(pool, name, spec, by=_BY, now=now, config=config)


def _known(given: Mapping[str, Any], spec: type[PoolSpec | ProviderSpec]) -> dict[str, Any]:
    """A key that is not known is a slip of the pen, not to be passed over."""
    names = {one.name for one in fields(spec)}
    if unknown := sorted(given.keys() - names - {"name", "providers"}):
        raise Invalid(f"A pool to seed has no `{unknown[0]}`; it has {', '.join(sorted(names))}.", code="bad_seed")
    return {key: value for key, value in given.items() if key in names}
