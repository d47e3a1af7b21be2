"""The tables of chains that are synchronised."""

from __future__ import annotations

from django.contrib.admin import register

from apps.console.tables.site import site
from apps.console.tables.table import Table
from apps.syncing.models import SyncRange, SyncStream


@register(SyncStream, site=site)
class Streams(Table):
    list_display = ("name", "dag", "state", "cursor", "target", "ranges", "ranges_done", "ranges_failed", "moved_at")
    list_select_related = ("dag",)
    search_fields = ("=id", "name", "dag__name")
    list_filter = ("state",)


@register(SyncRange, site=site)
class Ranges(Table):
    list_display = ("stream", "start", "end", "state", "task_id", "times", "planned_at", "done_at")
    list_select_related = ("stream",)
    search_fields = ("=id", "=task_id", "stream__name")
    ordering = ("-id",)
