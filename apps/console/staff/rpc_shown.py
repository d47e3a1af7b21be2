"""Pools as their page shows them: what staff said, and beside it what the gateway sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from apps.chains import gateway
from apps.chains.models import RpcPool, RpcProvider
from apps.chains.selectors import missing_keys, users_of
from apps.platform.config import Config
from apps.platform.contracts.rpc import Circuit, GatewayStatus, PoolHealth, ProviderHealth
from apps.platform.errors import ServiceError


@dataclass(frozen=True)
class ShownProvider:
    """`badge`, `word`: its state. `why`: in words, where there is something to say."""

    row: RpcProvider
    badge: str
    word: str
    why: str = ""
    health: ProviderHealth | None = None

    @property
    def error_percent(self) -> float:
        return self.health.error_rate * 100 if self.health else 0

    @property
    def can(self) -> list[str]:
        """What the gateway found; before that, what staff said."""
        if self.health and self.health.can:
            return self.health.can
        said = (("archive", self.row.has_archive), ("traces", self.row.has_traces), ("debug", self.row.has_debug))
        return [name for name, has in said if has]


@dataclass(frozen=True)
class ShownPool:
    row: RpcPool
    providers: list[ShownProvider]
    health: PoolHealth | None = None
    users: list[str] = field(default_factory=list)

    @property
    def cache_percent(self) -> float | None:
        asked = self.health.cache_hits + self.health.cache_misses if self.health else 0
        return 100 * self.health.cache_hits / asked if self.health and asked else None


@dataclass(frozen=True)
class Shown:
    """`away`: why nothing is known of how they are; empty while the gateway answers."""

    pools: list[ShownPool]
    away: str = ""
    status: GatewayStatus | None = None


def shown(rows: Iterable[RpcPool], *, config: Config) -> Shown:
    pools, status, away = list(rows), None, ""
    try:
        # Nobody is bothered with a gateway as long as there is nothing for it to do.
        status = gateway.status(config) if pools else None
    except ServiceError as error:
        away = str(error)
    healths = {one.name: one for one in status.pools} if status else {}
    missing = missing_keys((row for pool in pools for row in pool.providers.all()), config=config)
    users = users_of(pool.name for pool in pools)
    return Shown(
        [_pool(pool, healths.get(pool.name), missing, users, is_away=bool(away)) for pool in pools], away=away, status=status
    )


def _pool(
    row: RpcPool, health: PoolHealth | None, missing: set[str], users: Mapping[str, list[str]], *, is_away: bool
) -> ShownPool:
    seen = {one.name: one for one in health.providers} if health else {}
    providers = [_provider(one, row, seen.get(one.name), missing, is_away=is_away) for one in row.providers.all()]
    return ShownPool(row, providers, health, users.get(row.name, []))


def _provider(
    row: RpcProvider, pool: RpcPool, health: ProviderHealth | None, missing: set[str], *, is_away: bool
) -> ShownProvider:
    if not row.is_enabled:
        return ShownProvider(row, "cancelled", "Switched off")
    if not pool.is_enabled:
        return ShownProvider(row, "cancelled", "Switched off", "With its pool.")
    if row.secret in missing:
        return ShownProvider(
            row, "failed", "Key missing", f"{row.secret} is not in the vault, so it is not used. Write it below."
        )
    if is_away:
        return ShownProvider(row, "skipped", "Not known")
    if health is None:
        return ShownProvider(row, "waiting", "Not yet", "The gateway has not heard of it: it asks for pools every few seconds.")
    return ShownProvider(row, *_state(health), health.problem, health)


def _state(health: ProviderHealth) -> tuple[str, str]:
    match health.circuit:
        case Circuit.OPEN:
            return "failed", "Not asked"
        case Circuit.HALF_OPEN:
            return "retrying", "Being tried"
    if health.problem:
        return "waiting", "Last choice"
    return ("ok", "Well") if health.head is not None else ("waiting", "No head yet")
