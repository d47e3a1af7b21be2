from __future__ import annotations

import uuid
from dataclasses import fields
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.chains.domain import (
    HIGHEST_DEPTH,
    LIMITS,
    LONGEST_DESCRIPTION,
    LONGEST_HEADER,
    LONGEST_URL,
    NAME,
    PoolSpec,
    ProviderSpec,
)
from apps.platform.contracts.rpc import PoolKind

_KINDS = [(kind.value, kind.value) for kind in PoolKind]


def _within(field: str, of: str) -> models.CheckConstraint:
    least, most = LIMITS[field]
    held = Q(**{f"{field}__gte": least, f"{field}__lte": most})
    return models.CheckConstraint(condition=held | Q(**{f"{field}__isnull": True}), name=f"{of}_{field}")


class RpcPool(models.Model):
    """Providers of one chain that do for each other. Jobs name it; only the gateway knows who is in it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=63, unique=True)
    kind = models.CharField(max_length=10, choices=_KINDS, default=PoolKind.EVM.value)
    chain_id = models.BigIntegerField()
    description = models.CharField(max_length=LONGEST_DESCRIPTION, blank=True, default="")
    finality_depth = models.PositiveIntegerField(default=64)
    most_head_lag = models.PositiveIntegerField(default=8)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "chains_rpcpool"
        ordering: ClassVar = ["name"]
        verbose_name = "RPC pool"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(name__regex=NAME), name="rpcpool_name"),
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in PoolKind]), name="rpcpool_kind"),
            models.CheckConstraint(condition=Q(chain_id__gte=1), name="rpcpool_chain_id"),
            models.CheckConstraint(
                condition=Q(finality_depth__lte=HIGHEST_DEPTH, most_head_lag__lte=HIGHEST_DEPTH), name="rpcpool_depths"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def spec(self) -> PoolSpec:
        return PoolSpec(**_told(self, PoolSpec))


class RpcProvider(models.Model):
    """No key is in here: `secret` is the name of one in the vault, `{key}` where it goes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pool = models.ForeignKey(RpcPool, models.CASCADE, related_name="providers")
    name = models.CharField(max_length=63)
    url = models.CharField(max_length=LONGEST_URL)
    ws_url = models.CharField(max_length=LONGEST_URL, blank=True, default="")
    header = models.CharField(max_length=LONGEST_HEADER, blank=True, default="")
    secret = models.CharField(max_length=63, blank=True, default="")
    weight = models.PositiveIntegerField(default=100)
    requests_per_second = models.FloatField(null=True, blank=True)
    most_concurrent = models.PositiveIntegerField(default=64)
    most_batch = models.PositiveIntegerField(default=100)
    timeout_seconds = models.FloatField(default=10)
    has_archive = models.BooleanField(default=False)
    has_traces = models.BooleanField(default=False)
    has_debug = models.BooleanField(default=False)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "chains_rpcprovider"
        ordering: ClassVar = ["name"]
        verbose_name = "RPC provider"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pool", "name"], name="rpcprovider_name_in_pool"),
            models.CheckConstraint(condition=Q(name__regex=NAME), name="rpcprovider_name"),
            models.CheckConstraint(condition=Q(url__regex=r"^https?://[^ ]+$"), name="rpcprovider_url"),
            models.CheckConstraint(condition=Q(ws_url="") | Q(ws_url__regex=r"^wss?://[^ ]+$"), name="rpcprovider_ws_url"),
            *(_within(field, "rpcprovider") for field in LIMITS),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def spec(self) -> ProviderSpec:
        return ProviderSpec(**_told(self, ProviderSpec))


def _told(row: models.Model, spec: type[PoolSpec | ProviderSpec]) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(spec)}
