"""Datasets: their registry, their tables, and who asks for them."""

from __future__ import annotations

from django.contrib.admin import register

from apps.console.tables.site import site
from apps.console.tables.table import ObjectGrants, Table
from apps.datasets.models import (
    AccessRequest,
    Dataset,
    DatasetGrant,
    Freshness,
    Output,
    Partition,
    Pointer,
    Producer,
    Purge,
    Version,
)
from apps.tables.models import Batch, HotTable


@register(Freshness, site=site)
class Freshnesses(Table):
    list_display = ("dataset", "cadence_seconds", "since", "look_at", "late_since")
    list_select_related = ("dataset",)
    search_fields = ("dataset__name",)
    ordering = ("look_at",)


@register(AccessRequest, site=site)
class AccessRequests(Table):
    list_display = ("dataset", "person", "state", "asked_at", "ended_at", "decided_by")
    list_select_related = ("dataset", "person", "decided_by")
    list_filter = ("state",)
    search_fields = ("dataset__name", "person__email")
    ordering = ("-id",)


@register(Dataset, site=site)
class Datasets(Table):
    list_display = ("name", "org", "storage", "multi_writer", "created_at")
    list_select_related = ("org",)
    search_fields = ("name", "org__slug")
    ordering = ("name",)


@register(Producer, site=site)
class Producers(Table):
    list_display = ("dataset", "dag", "job", "output", "since")
    list_select_related = ("dataset",)
    search_fields = ("dataset__name", "dag")
    ordering = ("-since",)


@register(Output, site=site)
class Outputs(Table):
    list_display = ("dag", "job", "number", "storage", "current")
    list_filter = ("storage",)
    search_fields = ("dag", "job")
    ordering = ("dag", "job", "number")


@register(Version, site=site)
class Versions(Table):
    list_display = ("id", "output", "partitions", "rows", "size_bytes", "committed_at")
    list_select_related = ("output",)
    search_fields = ("id", "output__dag", "output__job")
    ordering = ("-created_at",)


@register(Pointer, site=site)
class Pointers(Table):
    list_display = ("dag_version_id", "version")
    search_fields = ("dag_version_id", "version__id")
    ordering = ("dag_version_id",)


@register(Partition, site=site)
class Partitions(Table):
    list_display = ("key", "version", "number", "rows", "size_bytes", "committed_at", "superseded_at")
    search_fields = ("key", "version__id", "task_id")
    ordering = ("-id",)


@register(Purge, site=site)
class Purges(Table):
    list_display = ("output", "version", "before", "begun_by", "begun_at", "partitions", "size_bytes", "done_at")
    list_select_related = ("output", "version", "begun_by")
    search_fields = ("output__dag", "output__job", "version__id")
    ordering = ("-id",)


@register(DatasetGrant, site=site)
class DatasetGrants(ObjectGrants):
    pass


@register(HotTable, site=site)
class HotTables(Table):
    list_display = ("dataset", "org", "state", "error", "changed_at")
    list_select_related = ("dataset", "org")
    list_filter = ("state",)
    search_fields = ("dataset__name", "org__slug")
    ordering = ("dataset__name",)


@register(Batch, site=site)
class Batches(Table):
    # What is wrong with a row may say what is in it, and that is its org's.
    hidden = frozenset({"faults"})
    list_display = ("id", "dataset", "org", "state", "rows", "claims", "fault_count", "received_at", "ended_at")
    list_select_related = ("dataset", "org")
    list_filter = ("state",)
    search_fields = ("=id", "=task_id", "dataset__name", "org__slug")
    ordering = ("-id",)
