"""The tables of the dispatcher: many rows, so they are found by ids and listed newest first."""

from __future__ import annotations

from django.contrib.admin import register

from apps.console.tables.site import site
from apps.console.tables.table import Table
from apps.dispatch.models import (
    Armed,
    Attempt,
    Cursor,
    Dedupe,
    Event,
    HandedHour,
    Invalidation,
    InvalidationMark,
    LiveJob,
    LogChunk,
    Materialisation,
    MissedTick,
    OperatorState,
    Pin,
    Route,
    Sweep,
    Task,
    TaskInput,
    Waiting,
)  # fmt: skip


@register(LiveJob, site=site)
class LiveJobs(Table):
    list_display = ("name", "dag", "org", "operator", "runtime", "source", "paused_at", "pressed_at")
    list_select_related = ("dag", "org")
    list_filter = ("source", "runtime")
    search_fields = ("name", "dag__name", "org__slug")
    ordering = ("dag__name", "name")


@register(Route, site=site)
class Routes(Table):
    list_display = ("producer", "output", "consumer", "input")
    list_select_related = ("producer", "consumer")
    search_fields = ("producer__name", "consumer__name")
    ordering = ("producer", "output")


@register(Task, site=site)
class Tasks(Table):
    list_display = ("id", "job_id", "status", "attempt", "cause", "dedupe_key", "created_at", "ended_at")
    list_filter = ("status", "cause", "runtime")
    search_fields = ("=id", "=job_id", "=root_id")
    ordering = ("-id",)


@register(Attempt, site=site)
class Attempts(Table):
    hidden = frozenset({"digest"})
    list_display = ("task_id", "number", "worker_id", "claimed_at", "ended_at", "outcome")
    list_filter = ("outcome",)
    search_fields = ("=task_id",)
    ordering = ("-id",)


@register(TaskInput, site=site)
class TaskInputs(Table):
    list_display = ("task_id", "input", "event_id")
    search_fields = ("=task_id", "=event_id")
    ordering = ("-id",)


@register(Pin, site=site)
class Pins(Table):
    list_display = ("task_id", "attempt", "input", "version_id", "key", "number", "rows", "read_rows")
    search_fields = ("=task_id", "=version_id", "=partition_id")
    ordering = ("-id",)


@register(Event, site=site)
class Events(Table):
    list_display = ("id", "job_id", "output", "kind", "identity", "created_at", "routed_at")
    list_filter = ("kind",)
    search_fields = ("=task_id", "=id")
    ordering = ("-id",)


@register(Dedupe, site=site)
class Dedupes(Table):
    list_display = ("job_id", "key", "task_id")
    search_fields = ("=job_id", "=task_id")
    ordering = ("-id",)


@register(Waiting, site=site)
class Waitings(Table):
    list_display = ("consumer", "correlation", "input", "event_id", "arrived_at")
    list_select_related = ("consumer",)
    search_fields = ("consumer__name", "correlation")
    ordering = ("-id",)


@register(Materialisation, site=site)
class Materialisations(Table):
    list_display = ("job_id", "output", "generation", "partition_key", "number")
    search_fields = ("=job_id",)
    ordering = ("-id",)


@register(OperatorState, site=site)
class OperatorStates(Table):
    list_display = ("job_id", "generation", "revision", "written_at")
    search_fields = ("=job_id",)
    ordering = ("-written_at",)


@register(Cursor, site=site)
class Cursors(Table):
    list_display = ("job_id", "generation", "value", "highest", "moved_at")
    search_fields = ("=job_id",)
    ordering = ("-moved_at",)


@register(LogChunk, site=site)
class LogChunks(Table):
    hidden = frozenset({"texts"})
    list_display = ("task_id", "attempt", "first_line", "lines")
    search_fields = ("=task_id",)
    ordering = ("-id",)


@register(MissedTick, site=site)
class MissedTicks(Table):
    list_display = ("job", "scheduled_at", "noticed_at")
    list_select_related = ("job",)
    search_fields = ("job__name",)
    ordering = ("-scheduled_at",)


@register(HandedHour, site=site)
class HandedHours(Table):
    list_display = ("org_id", "hour", "handed")
    search_fields = ("=org_id",)
    ordering = ("-hour",)


@register(Invalidation, site=site)
class Invalidations(Table):
    list_display = ("id", "job", "output", "reason", "partition_key", "range_start", "range_end", "created_at", "done_at")
    list_select_related = ("job",)
    list_filter = ("reason", "scope")
    search_fields = ("=id", "=job__id", "=task_id")
    ordering = ("-id",)


@register(InvalidationMark, site=site)
class InvalidationMarks(Table):
    list_display = ("invalidation_id", "consumer", "task_id", "processed_at")
    list_select_related = ("consumer",)
    search_fields = ("=invalidation__id", "=task_id")
    ordering = ("-id",)


@register(Armed, site=site)
class ArmedGenerations(Table):
    list_display = ("job", "generation", "first_at")
    list_select_related = ("job",)
    search_fields = ("=job__id", "=generation")
    ordering = ("-id",)


@register(Sweep, site=site)
class Sweeps(Table):
    list_display = ("bucket", "after", "moved_at", "ended_at")
    search_fields = ("bucket",)
    ordering = ("bucket",)
