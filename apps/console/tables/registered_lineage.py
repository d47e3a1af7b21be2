"""The tables of lineage: many rows, so they are found by ids and names and listed newest first."""

from __future__ import annotations

from django.contrib.admin import register

from apps.console.tables.site import site
from apps.console.tables.table import Table
from apps.lineage.models import ColumnEdge, Made, MadeFrom, OutputColumns, RunEvent


@register(Made, site=site)
class MadeRows(Table):
    list_display = ("dag", "job", "output", "key", "number", "times", "task_id", "made_at")
    search_fields = ("=id", "=task_id", "=version_id", "key")
    ordering = ("-id",)


@register(MadeFrom, site=site)
class MadeFromRows(Table):
    list_display = ("made_id", "input", "read_as", "dag", "job", "output", "key", "number")
    search_fields = ("=made__id", "=version_id", "key")
    ordering = ("-id",)


@register(OutputColumns, site=site)
class OutputsWithColumns(Table):
    list_display = ("version", "job", "output", "reason", "traced_at")
    list_select_related = ("version",)
    search_fields = ("=version__id", "job")
    ordering = ("-traced_at",)


@register(ColumnEdge, site=site)
class ColumnEdges(Table):
    list_display = ("of", "column", "source_dataset", "source_job", "source_column", "derivation")
    list_select_related = ("of",)
    search_fields = ("column", "source_dataset", "source_column")
    ordering = ("-id",)


@register(RunEvent, site=site)
class RunEvents(Table):
    list_display = ("task_id", "attempt", "kind", "happened_at", "tries", "gave_up_at", "error")
    search_fields = ("=task_id", "kind", "error")
    ordering = ("-id",)
