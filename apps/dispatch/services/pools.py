"""The ways to a chain: what the gateway is told of its pools, and the tickets that open one."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from pydantic import ValidationError

from apps.chains.domain import KnownPool, with_key
from apps.chains.models import RpcPool, RpcProvider
from apps.chains.selectors import find_known, platform_org, pools
from apps.dispatch.capabilities import ISSUER, Capability
from apps.dispatch.services.facts import facts
from apps.dispatch.services.fences import held
from apps.dispatch.signing import signer
from apps.orgs.models import Org
from apps.platform.contracts.rpc import (
    TICKET_AUDIENCE,
    GatewayPools,
    OpenPool,
    PoolKind,
    PoolOpened,
    PoolSettings,
    ProviderSettings,
    Ticket,
)
from apps.platform.errors import Forbidden, Invalid, NotFound
from apps.platform.json import Json
from apps.platform.ports.secrets import SecretMissing
from apps.vault.domain import Namespace
from apps.vault.revealing import reveal_for_job
from operators.sdk.catalogue import catalogue

TICKET_LIVES = timedelta(minutes=15)
_WHO_HELPS = "Platform staff add pools and switch them, on the page RPC pools of the platform."


def open_pool(asked: OpenPool, capability: Capability, *, now: datetime) -> PoolOpened:
    """For who holds a task whose job names the pool. Raises StaleFence and Canceled, Forbidden, NotFound and Invalid."""
    version_job_id = held(asked).version_job_id
    known = facts(version_job_id)
    if not known["is_trusted"]:
        raise Forbidden(
            "Code of users asks no chain: let a trusted operator ask it, and read what that writes.", code="untrusted"
        )
    dag, job, config = known["order"]["dag"], known["order"]["job"], known["order"]["config"]
    named = _named(version_job_id)
    if asked.pool not in named:
        names = f"names {', '.join(f'`{name}`' for name in sorted(named))}" if named else "names none"
        raise Forbidden(
            f"`{dag}/{job}` may not open the pool `{asked.pool}`: its config {names}. Name it there, and deploy that.",
            code="pool_not_named",
        )
    pool = _usable(asked.pool)
    chain_id = config.get("chain_id")
    if chain_id is not None and chain_id != pool.chain_id:
        raise Invalid(
            f"`{dag}/{job}` is about chain {chain_id}, and the pool `{pool.name}` is of chain {pool.chain_id}: name a pool of that"
            " chain in its config, or correct its chain_id, and deploy that.",
            code="wrong_chain",
        )
    ticket = Ticket(pool=pool.name, org_id=capability.org_id, dag=dag, job=job, task_id=asked.task_id, attempt=asked.attempt)
    until = min(now + TICKET_LIVES, datetime.fromtimestamp(capability.expires_at, tz=now.tzinfo))
    return _opened(pool, ticket, subject=f"task:{asked.task_id}", now=now, until=until)


def open_pool_for_process(pool: str, *, process: str, now: datetime) -> PoolOpened:
    """For the platform's own processes: the planner of chain_sync asks for heads, the pages try a provider. Raises NotFound and
    Invalid.
    """
    return _opened(_usable(pool), Ticket(pool=pool), subject=f"process:{process}", now=now, until=now + TICKET_LIVES)


def pools_for_gateway() -> GatewayPools:
    """With the keys in their places. A provider whose key is not in the vault is left out: it would only ever refuse."""
    enabled = [pool for pool in pools() if pool.is_enabled]
    keys = _keys({row.secret for pool in enabled for row in pool.providers.all() if row.is_enabled and row.secret})
    told = [_settings(pool, keys) for pool in enabled]
    whole = GatewayPools(revision="", pools=told, keys=signer().jwks())
    return whole.model_copy(update={"revision": _digest(whole)})


def _usable(name: str) -> KnownPool:
    pool = find_known(name)
    if pool is None:
        raise NotFound(f"There is no RPC pool `{name}`. {_WHO_HELPS}", code="unknown_pool")
    if not pool.is_enabled:
        raise Invalid(f"The RPC pool `{name}` is switched off. {_WHO_HELPS}", code="pool_disabled")
    return pool


@lru_cache(maxsize=4_096)
def _named(version_job_id: UUID) -> frozenset[str]:
    """As its operator reads the config. Of a config that the operator no longer takes, nothing is known."""
    order = facts(version_job_id)["order"]
    declared = catalogue().operators.get(order["operator"])
    try:
        read = declared.config.model_validate(order["config"]) if declared else None
    except ValidationError:
        read = None
    return frozenset(named.name for named in read.named_pools.values()) if read else frozenset()


def _opened(pool: KnownPool, ticket: Ticket, *, subject: str, now: datetime, until: datetime) -> PoolOpened:
    # Whole seconds, as the claims have them: whoever asks anew before it ends is not late by the rest.
    expires = int(until.timestamp())
    claims: dict[str, Json] = {"iss": ISSUER, "aud": TICKET_AUDIENCE, "sub": subject, "iat": int(now.timestamp()), "exp": expires}
    return PoolOpened(
        url=settings.CONFIG.rpc_gateway_url, ticket=signer().sign({**claims, **ticket.model_dump(mode="json")}),
        expires_at=datetime.fromtimestamp(expires, tz=now.tzinfo), kind=PoolKind(pool.kind), chain_id=pool.chain_id,
    )  # fmt: skip


def _keys(names: Iterable[str]) -> Mapping[str, str]:
    org = platform_org()
    return dict(_revealed(names, org)) if org else {}


def _revealed(names: Iterable[str], org: Org) -> Iterator[tuple[str, str]]:
    for name in sorted(names):
        try:
            # Pasted with a line's end, it would be a part of no address and no header.
            yield name, reveal_for_job(org, [f"{Namespace.PLATFORM}/{name}"], config=settings.CONFIG)[name].strip()
        except SecretMissing:
            continue


def _settings(pool: RpcPool, keys: Mapping[str, str]) -> PoolSettings:
    rows = [row for row in pool.providers.all() if row.is_enabled and (not row.secret or row.secret in keys)]
    return PoolSettings(
        name=pool.name, kind=PoolKind(pool.kind), chain_id=pool.chain_id, finality_depth=pool.finality_depth,
        most_head_lag=pool.most_head_lag, providers=[_provider(row, keys.get(row.secret, "")) for row in rows],
    )  # fmt: skip


def _provider(row: RpcProvider, key: str) -> ProviderSettings:
    return ProviderSettings(
        name=row.name, url=with_key(row.url, key), ws_url=with_key(row.ws_url, key) or None,
        headers={row.header: key} if row.header else {}, weight=row.weight, requests_per_second=row.requests_per_second,
        most_concurrent=row.most_concurrent, most_batch=row.most_batch, timeout_seconds=row.timeout_seconds,
        has_archive=row.has_archive, has_traces=row.has_traces, has_debug=row.has_debug,
    )  # fmt: skip


def _digest(whole: GatewayPools) -> str:
    """Also of the keys, so that a rotation is seen; with a secret of ours, so that nobody guesses a key by it."""
    return hmac.new(settings.CONFIG.gateway_token.encode(), whole.model_dump_json().encode(), hashlib.sha256).hexdigest()[:16]
