"""Pools: made, changed, switched off, deleted."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime

from django.db import IntegrityError, transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.chains.domain import PoolSpec, check_pool
from apps.chains.models import RpcPool
from apps.chains.selectors import users_of
from apps.platform.errors import Conflict

# As many users of a pool as a sentence bears.
_TOLD = 5


@transaction.atomic
def put_pool(name: str, spec: PoolSpec, *, by: Actor, now: datetime, is_new: bool = False) -> RpcPool:
    """Made, or changed to what is said. `is_new`: there must be none of that name yet. The same again changes nothing."""
    check_pool(name, spec)
    pool = RpcPool.objects.select_for_update().filter(name=name).first()
    if pool is None:
        return _created(RpcPool(name=name, **asdict(spec), created_at=now, changed_at=now), by=by)
    if is_new:
        raise _taken(name)
    before = pool.spec
    if before == spec:
        return pool
    if (before.kind, before.chain_id) != (spec.kind, spec.chain_id):
        _refuse_if_used(pool, "Its jobs would ask another chain: let them name another pool first.")
    for field, value in asdict(spec).items():
        setattr(pool, field, value)
    pool.changed_at = now
    pool.save(update_fields=[*asdict(spec), "changed_at"])
    audit.record("rpc_pool.change", subject_of(pool), by=by, before=asdict(before), after=asdict(spec))
    return pool


@transaction.atomic
def switch_pool(pool: RpcPool, *, is_enabled: bool, by: Actor, now: datetime) -> RpcPool:
    """Off: nobody gets a ticket for it, and tasks that have one are refused as soon as the gateway has heard of it."""
    # As it is now: what somebody else changed meanwhile is not undone.
    pool = RpcPool.objects.select_for_update().get(pk=pool.pk)
    return put_pool(pool.name, replace(pool.spec, is_enabled=is_enabled), by=by, now=now)


@transaction.atomic
def delete_pool(pool: RpcPool, *, by: Actor) -> None:
    """With its providers. Their keys stay in the vault."""
    pool = RpcPool.objects.select_for_update().get(pk=pool.pk)
    _refuse_if_used(pool, "Switch it off, or let them name another pool first.")
    audit.record("rpc_pool.delete", subject_of(pool), by=by, before=asdict(pool.spec))
    pool.delete()


def subject_of(pool: RpcPool) -> Subject:
    return Subject("rpc_pool", str(pool.pk), pool.name)


def _created(pool: RpcPool, *, by: Actor) -> RpcPool:
    try:
        with transaction.atomic():
            pool.save(force_insert=True)
    except IntegrityError:
        # Of two who make it at once the second hears that it is there.
        raise _taken(pool.name) from None
    audit.record("rpc_pool.create", subject_of(pool), by=by, after=asdict(pool.spec))
    return pool


def _taken(name: str) -> Conflict:
    return Conflict(f"There is an RPC pool `{name}` already. Change that one, or choose another name.", code="pool_exists")


def _refuse_if_used(pool: RpcPool, what_to_do: str) -> None:
    users = users_of([pool.name]).get(pool.name, [])
    if users:
        more = f" and {len(users) - _TOLD} more" if len(users) > _TOLD else ""
        raise Conflict(
            f"Active DAGs name `{pool.name}`: {', '.join(users[:_TOLD])}{more}. {what_to_do}",
            code="pool_in_use", detail={"jobs": users},
        )  # fmt: skip
