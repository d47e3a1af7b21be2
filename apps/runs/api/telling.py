"""Tasks as the API tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.dispatch.domain import EventKind, InvalidScope
from apps.dispatch.models import Attempt, Event, Invalidation, Task
from apps.runs.domain import Tally
from apps.runs.selectors import Detail, Row
from apps.runs.selectors.logs import LogPage
from apps.runs.selectors.telling import Arrived

Told = dict[str, Any]


def told_row(row: Row) -> Told:
    return told_task(row.task, row.job.dag, row.job.name, row.version)


def told_task(task: Task, dag: str, job: str, version: int | None) -> Told:
    return {
        "id": task.pk, "dag": dag, "job": job, "version": version, "root": task.root_id, "status": task.status, "cause": task.cause,
        "attempt": task.attempt, "partition": task.partition_key or None, "range": told_range(task.range_start, task.range_end),
        "created_at": task.created_at, "claimed_at": task.claimed_at, "ended_at": task.ended_at,
        "next_retry_at": task.next_retry_at, "cancel_requested": task.cancel_requested_at is not None,
        "progress": task.progress, "error": task.error,
    }  # fmt: skip


def told_range(start: int | None, end: int | None) -> Told | None:
    return None if start is None else {"start": start, "end": end}


def told_detail(detail: Detail) -> Told:
    return told_task(detail.task, detail.live.dag.name, detail.live.name, detail.version) | {
        "made_by": detail.made_by or None,
        "attempts": [told_attempt(one) for one in detail.attempts],
        "inputs": [told_input(one) for one in detail.inputs], "more_inputs": detail.more_inputs,
        "outputs": [told_event(one) for one in detail.outputs], "more_outputs": detail.more_outputs,
        "led_to": [task.pk for task in detail.led_to],
    }  # fmt: skip


def told_run(tally: Tally, *, is_settled: bool) -> Told:
    return {
        "queued": tally.queued, "running": tally.running, "retrying": tally.retrying, "waiting": tally.waiting, "completed": tally.completed,
        "failed": tally.failed, "canceled": tally.canceled, "is_settled": is_settled,
    }  # fmt: skip


def told_attempt(attempt: Attempt) -> Told:
    return {
        "number": attempt.number, "worker": attempt.worker_id, "claimed_at": attempt.claimed_at, "ended_at": attempt.ended_at,
        "outcome": attempt.outcome or None, "error": attempt.error, "metrics": attempt.metrics, "log_lines": attempt.log_lines,
    }  # fmt: skip


def told_event(event: Event | Invalidation) -> Told:
    kind, cursor = (event.kind, event.cursor) if isinstance(event, Event) else (_KINDS[InvalidScope(event.scope)], None)
    return {
        "output": event.output, "kind": kind, "cursor": None if cursor is None else str(int(cursor)),
        "partition": event.partition_key or None, "range": told_range(event.range_start, event.range_end),
        "created_at": event.created_at,
    }  # fmt: skip


_KINDS = {InvalidScope.ROW_RANGE: EventKind.RANGE, InvalidScope.PARTITION: EventKind.PARTITION}


def told_input(arrived: Arrived) -> Told:
    """What lies in a DAG that is not theirs to see is an event without a task."""
    job = arrived.job
    producer: Mapping[str, str | UUID | None] | None = {"task": arrived.said_by, "dag": job.dag, "job": job.name} if job else None
    return told_event(arrived.event) | {"input": arrived.input, "producer": producer, "invalidation": arrived.reason or None}


def told_log(page: LogPage) -> Told:
    return {
        "attempt": page.attempt, "next": page.next, "first": page.first, "total": page.total, "dropped": page.dropped,
        "is_over": page.is_over,
        "lines": [{"number": one.number, "at": one.at, "level": one.level, "text": one.text} for one in page.lines],
    }  # fmt: skip
