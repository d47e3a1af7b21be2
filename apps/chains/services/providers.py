"""Providers of a pool: added, changed, switched off, removed."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.chains.domain import ProviderSpec, check_provider
from apps.chains.models import RpcPool, RpcProvider
from apps.chains.selectors import keys
from apps.platform.config import Config
from apps.platform.errors import Conflict, Invalid


def put_provider(
    pool: RpcPool, name: str, spec: ProviderSpec, *, by: Actor, now: datetime, config: Config, is_new: bool = False
) -> RpcProvider:
    """Added, or changed to what is said; the same again changes nothing. The vault is asked before the transaction: it may be
    another machine.
    """
    check_provider(name, spec)
    if spec.secret:
        _require_key(spec.secret, config=config)
    return _put(pool, name, spec, by=by, now=now, is_new=is_new)


@transaction.atomic
def switch_provider(provider: RpcProvider, *, is_enabled: bool, by: Actor, now: datetime) -> RpcProvider:
    """Off: the gateway asks it no more. Its key is not looked for: one without must be possible to switch off."""
    # As it is now: what somebody else changed meanwhile is not undone. The pool's lock comes first, as where one is changed.
    pool = RpcPool.objects.select_for_update().get(pk=provider.pool_id)
    spec = pool.providers.get(pk=provider.pk).spec
    return _put(pool, provider.name, replace(spec, is_enabled=is_enabled), by=by, now=now)


@transaction.atomic
def delete_provider(provider: RpcProvider, *, by: Actor) -> None:
    """Its key stays in the vault."""
    audit.record("rpc_provider.delete", subject_of(provider), by=by, before=asdict(provider.spec))
    provider.delete()


def subject_of(provider: RpcProvider) -> Subject:
    return Subject("rpc_provider", str(provider.pk), f"{provider.pool.name}/{provider.name}")


@transaction.atomic
def _put(pool: RpcPool, name: str, spec: ProviderSpec, *, by: Actor, now: datetime, is_new: bool = False) -> RpcProvider:
    # The pool's lock: of two who add the same provider at once the second changes it, or hears that it is there.
    pool = RpcPool.objects.select_for_update().get(pk=pool.pk)
    provider = pool.providers.filter(name=name).first()
    if provider is None:
        provider = RpcProvider(pool=pool, name=name, **asdict(spec), created_at=now, changed_at=now)
        provider.save(force_insert=True)
        audit.record("rpc_provider.create", subject_of(provider), by=by, after=asdict(spec))
        return provider
    if is_new:
        raise Conflict(
            f"`{pool.name}` has a provider `{name}` already. Change that one, or choose another name.", code="provider_exists"
        )
    before = provider.spec
    if before == spec:
        return provider
    for field, value in asdict(spec).items():
        setattr(provider, field, value)
    provider.changed_at = now
    provider.save(update_fields=[*asdict(spec), "changed_at"])
    audit.record("rpc_provider.change", subject_of(provider), by=by, before=asdict(before), after=asdict(spec))
    return provider


def _require_key(name: str, *, config: Config) -> None:
    there = keys(config=config)
    if there is not None and name not in {row.name for row in there}:
        raise Invalid(
            f"There is no platform secret {name}. Write it first, on the page RPC pools or in the org `platform`; then name it here.",
            code="unknown_secret", errors=[{"path": "secret", "code": "unknown_secret", "message": f"There is no platform secret {name}: write it first."}],
        )  # fmt: skip
