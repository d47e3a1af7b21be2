"""Pools of RPC providers. No key is in these rows."""

from __future__ import annotations

from django.contrib.admin import register

from apps.chains.models import RpcPool, RpcProvider
from apps.console.tables.site import site
from apps.console.tables.table import Table


@register(RpcPool, site=site)
class RpcPools(Table):
    list_display = ("name", "kind", "chain_id", "is_enabled", "changed_at")
    list_filter = ("kind", "is_enabled")
    search_fields = ("name", "description")
    ordering = ("name",)


@register(RpcProvider, site=site)
class RpcProviders(Table):
    list_display = ("name", "pool", "url", "secret", "is_enabled", "changed_at")
    list_select_related = ("pool",)
    list_filter = ("is_enabled",)
    search_fields = ("name", "pool__name", "url", "secret")
    ordering = ("pool__name", "name")
