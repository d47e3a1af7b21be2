"""What handing out the tasks of a job needs to know of it, as a version of its DAG says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from apps.dags.document.meaning import JobMeaning, Meaning
from apps.dags.document.schedules import parse_schedule
from apps.dags.generations import generations_of
from apps.dags.models import Dag, DagVersion
from apps.datasets.domain import live_job_id
from apps.dispatch.domain import (
    CONTAINER,
    FUNCTION,
    FUNCTION_GRACE_SECONDS,
    FUNCTION_SECONDS,
    LEASE,
    MAX_ATTEMPTS,
    SHARED,
    Priority,
)
from apps.dispatch.models import LiveJob
from apps.platform.durations import seconds_of
from operators.sdk.catalogue import catalogue

# What a route says of an input: which of its rows, and whether its events make tasks: what a config alone names is read, not heard.
# Of `v`, the job as its version has it, and `w`, the edge.
HEARD = """coalesce(jsonb_path_query_first(v.definition, '$.inputs[$n].where', jsonb_build_object('n', w.number)), '{}'),
    w.number < jsonb_array_length(coalesce(v.definition -> 'inputs', '[]'))"""


def live_jobs(dag: Dag, version: DagVersion, meaning: Meaning, *, now: datetime) -> Iterator[LiveJob]:
    """Not saved."""
    rows = dict(version.jobs.values_list("name", "id"))
    generations = generations_of(dag.pk, meaning)
    for name, job in meaning.jobs.items():
        yield LiveJob(
            id=live_job_id(dag.pk, name), org_id=dag.org_id, dag=dag, name=name, job_id=rows[name],
            definition_hash=job.definition_hash, generation=generations[name], operator=job.operator, runtime=_runtime(job),
            **_inputs(job), **_tuning(job), **_source(job, now=now),
        )  # fmt: skip


def is_stream(job: JobMeaning) -> bool:
    """Of a chain_sync entrypoint."""
    return "entrypoint" in job.spec


def _runtime(job: JobMeaning) -> str:
    """A source that never ends, and a job with a task definition of its own, have a container to themselves."""
    is_alone = job.spec.get("task_definition") or (job.spec.get("source") or {}).get("kind") == "always_on"
    return CONTAINER if is_alone and job.runtime == SHARED else job.runtime


def _inputs(job: JobMeaning) -> dict[str, Any]:
    trigger = job.spec.get("trigger")
    if trigger == "all":
        trigger = {"all": list(range(len(job.spec.get("inputs", []))))}
    tree = {key: value for key, value in trigger.items() if key != "timeout"} if isinstance(trigger, dict) else None
    timeout = trigger.get("timeout") if isinstance(trigger, dict) else None
    return {"strategy": job.spec.get("execution_strategy", ""), "trigger": tree, "trigger_seconds": seconds_of(timeout)}


def _tuning(job: JobMeaning) -> dict[str, Any]:
    spec, declared = job.spec, catalogue().operators.get(job.operator)
    # A stream goes on without the range that failed for good, so that one has a last attempt.
    is_endless = job.activation == "source" and not is_stream(job)
    heartbeat = spec.get("heartbeat_timeout_seconds")
    timeout = spec.get("timeout_seconds", declared.resources.timeout_seconds if declared else None)
    pauses = spec.get("backpressure_mode") != "none"
    return {
        "priority": Priority[spec.get("priority", "normal").upper()],
        "max_concurrency": _concurrency(spec),
        "max_attempts": spec.get("max_attempts", None if is_endless else MAX_ATTEMPTS),
        "timeout_seconds": timeout,
        "lease_seconds": _lease_seconds(job, heartbeat, timeout),
        "max_queue_depth": spec.get("max_queue_depth") if pauses else None,
        "max_queue_seconds": seconds_of(spec.get("max_queue_age")) if pauses else None,
    }


def _lease_seconds(job: JobMeaning, heartbeat: int | None, timeout: int | None) -> int:
    """A function sends no heartbeats: its lease is as long as it may run, and the time that it may wait to begin."""
    if job.runtime == FUNCTION:
        return (timeout or FUNCTION_SECONDS) + FUNCTION_GRACE_SECONDS
    return heartbeat or int(LEASE.total_seconds())


def _concurrency(spec: Mapping[str, Any]) -> int | None:
    """PerUpdate goes in order, one at a time, unless the job says otherwise; Bulk is one task by its nature."""
    said = (spec.get("scaling") or {}).get("max_concurrency") or spec.get("max_inflight")
    if spec.get("execution_strategy") == "Bulk":
        return 1
    return said or (1 if spec.get("execution_strategy") == "PerUpdate" else None)


def _source(job: JobMeaning, *, now: datetime) -> dict[str, Any]:
    source = job.spec.get("source") or {}
    schedule = source.get("schedule", "")
    return {
        "source": source.get("kind", ""), "schedule": schedule, "webhook_path": source.get("path", ""),
        "next_fire_at": next(parse_schedule(schedule).ticks_after(now), None) if schedule else None,
    }  # fmt: skip
