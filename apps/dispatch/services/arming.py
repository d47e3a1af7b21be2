"""What an activation means for work: which jobs live, what they listen to, and which tasks nobody wants any more.

Called for a DAG, not for a version: it reads what is active now, and finding it armed already it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.dags.document.meaning import JobMeaning, Meaning
from apps.dags.document.schedules import parse_schedule
from apps.dags.models import Dag
from apps.dags.selectors import deployed_meaning
from apps.dispatch.domain import (
    CONTAINER,
    FUNCTION,
    FUNCTION_GRACE_SECONDS,
    FUNCTION_SECONDS,
    LEASE,
    MAX_ATTEMPTS,
    Priority,
    generation_of,
    live_job_id,
)
from apps.dispatch.models import LiveJob
from apps.dispatch.services.canceling import cancel_tasks
from apps.dispatch.services.handing import top_up
from apps.dispatch.services.keeping import start_sources
from operators.sdk.catalogue import catalogue

# The router holds a weaker lock on the jobs that it makes tasks of: what it has begun is seen here, what it begins later sees this.
_LOCK = "SELECT FROM dispatch_livejob WHERE dag_id = %(dag_id)s ORDER BY id FOR UPDATE"
# Written as the predicates of indexes task_waiting and task_under_way, so that no history is read.
# Work of a version that is gone: what a job that changed, or is no longer there, had not finished.
_ABANDONED = """
SELECT t.id FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id
WHERE j.dag_id = %(dag_id)s AND t.org_id = %(org_id)s AND (j.job_id IS NULL OR t.generation <> j.generation)
    AND (t.status = 'queued' AND t.handed_at IS NULL
    OR t.status = 'running' OR t.status = 'queued' AND t.handed_at IS NOT NULL OR t.status = 'failed' AND t.next_retry_at IS NOT NULL)
    AND t.cancel_requested_at IS NULL
"""
# The same work goes on under the new version, a source that never ends without noticing.
# Locked in the order of ids, as everybody locks tasks.
_ADOPT = """
WITH same AS (
    SELECT t.id, j.job_id FROM dispatch_task AS t
    JOIN dispatch_livejob AS j ON j.id = t.job_id AND j.generation = t.generation AND j.job_id <> t.version_job_id
    WHERE j.dag_id = %(dag_id)s AND t.org_id = %(org_id)s
        AND (t.status = 'queued' AND t.handed_at IS NULL
        OR t.status = 'running' OR t.status = 'queued' AND t.handed_at IS NOT NULL OR t.status = 'failed' AND t.next_retry_at IS NOT NULL)
    ORDER BY t.id FOR NO KEY UPDATE OF t
)
UPDATE dispatch_task AS t SET version_job_id = same.job_id FROM same WHERE t.id = same.id
"""
_FORGET_WAITING = "DELETE FROM dispatch_waiting AS w USING dispatch_livejob AS j WHERE j.id = w.consumer_id AND j.dag_id = %(dag_id)s AND j.job_id IS NULL"
_UNROUTE = """
DELETE FROM dispatch_route AS r USING dispatch_livejob AS p, dispatch_livejob AS c
WHERE r.producer_id = p.id AND r.consumer_id = c.id AND (p.dag_id = %(dag_id)s OR c.dag_id = %(dag_id)s)
"""
# Inside the DAG an edge names a job; across DAGs it names a dataset, and the registry who produces that, a union in two halves.
_ROUTE = """
WITH produced AS (
    SELECT d.name AS dataset, dag.id AS dag_id, half.job, half.output
    FROM datasets_producer AS p
    JOIN datasets_dataset AS d ON d.id = p.dataset_id AND d.org_id = %(org_id)s
    JOIN dags_dag AS dag ON dag.org_id = d.org_id AND dag.name = p.dag
    CROSS JOIN LATERAL (
        SELECT p.job, p.output WHERE p.job <> ''
        UNION SELECT p.spec #>> ARRAY['union', end_, 'job'], coalesce((p.spec #>> ARRAY['union', end_, 'output'])::int, 0)
        FROM unnest(ARRAY['cold', 'hot']) AS end_ WHERE p.job = ''
    ) AS half(job, output)
), wanted AS (
    SELECT p.id AS producer_id, e.output, c.id AS consumer_id, e.number, e.job_id
    FROM dags_edge AS e
    JOIN dispatch_livejob AS c ON c.job_id = e.job_id AND c.dag_id = %(dag_id)s
    JOIN dispatch_livejob AS p ON p.job_id = e.source_id
    UNION
    SELECT p.id, made.output, c.id, e.number, e.job_id
    FROM dags_edge AS e
    JOIN dispatch_livejob AS c ON c.job_id = e.job_id AND c.org_id = %(org_id)s
    JOIN produced AS made ON made.dataset = e.dataset
    JOIN dispatch_livejob AS p ON p.dag_id = made.dag_id AND p.name = made.job AND p.job_id IS NOT NULL
    WHERE e.dataset <> '' AND e.source_id IS NULL AND (c.dag_id = %(dag_id)s OR p.dag_id = %(dag_id)s)
)
INSERT INTO dispatch_route (producer_id, output, consumer_id, input, "where")
SELECT w.producer_id, w.output, w.consumer_id, w.number, coalesce(jsonb_path_query_first(v.definition, '$.inputs[$n].where', jsonb_build_object('n', w.number)), '{}')
FROM wanted AS w JOIN dags_job AS v ON v.id = w.job_id
ON CONFLICT DO NOTHING
"""
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@transaction.atomic
def arm(dag_id: UUID, *, now: datetime) -> None:
    # Two messages of one DAG wait for each other; whoever comes last finds it done.
    dag = Dag.objects.select_for_update(of=("self",), no_key=True).select_related("active__dag").filter(pk=dag_id).first()
    if dag is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"dag_id": dag.pk})
    _keep_jobs(dag, deployed_meaning(dag.active) if dag.active else None, now=now)
    params = {"dag_id": dag.pk, "org_id": dag.org_id}
    with connection.cursor() as cursor:
        cursor.execute(_ABANDONED, params)
        abandoned = [task_id for (task_id,) in cursor.fetchall()]
        for statement in (_ADOPT, _FORGET_WAITING, _UNROUTE, _ROUTE):
            cursor.execute(statement, params)
    cancel_tasks(abandoned)
    start_sources(LiveJob.objects.filter(dag=dag, source="always_on").values_list("pk", flat=True))
    top_up([dag.org_id])


def _keep_jobs(dag: Dag, meaning: Meaning | None, *, now: datetime) -> None:
    wanted = list(_live(dag, meaning, now=now)) if meaning else []
    known = {job.pk: job for job in LiveJob.objects.filter(dag=dag)}
    gone = known.keys() - {job.pk for job in wanted}
    # Nothing of it happens from now on; its identity and its history stay.
    LiveJob.objects.filter(pk__in=gone).update(job=None, next_fire_at=None, webhook_path="", pressing_at=None, pressed_at=None)
    for job in wanted:
        before = known.get(job.pk)
        if before and before.job_id and before.schedule == job.schedule:
            job.next_fire_at = before.next_fire_at
    fields = [field.name for field in LiveJob._meta.fields if field.name not in {"id", "org", "dag", "name", *_LASTING}]
    LiveJob.objects.bulk_create(wanted, update_conflicts=True, unique_fields=["id"], update_fields=fields)


# What happened to a job, not what its version says: an activation leaves it alone.
_LASTING = ("paused_at", "pressed_at", "pressing_at", "last_fired_at", "restart_at", "falls", "bulks")


def _live(dag: Dag, meaning: Meaning, *, now: datetime) -> Iterator[LiveJob]:
    version = dag.active
    assert version is not None  # noqa: S101  it has a meaning
    rows = dict(version.jobs.values_list("name", "id"))
    generations = generations_of(dag.pk, meaning)
    for name, job in meaning.jobs.items():
        yield LiveJob(
            id=live_job_id(dag.pk, name), org_id=dag.org_id, dag=dag, name=name, job_id=rows[name],
            definition_hash=job.definition_hash, generation=generations[name], operator=job.operator, runtime=_runtime(job),
            **_inputs(job), **_tuning(job), **_source(job, now=now),
        )  # fmt: skip


def _runtime(job: JobMeaning) -> str:
    """A source that never ends, and a job with a task definition of its own, have a container to themselves."""
    is_alone = job.spec.get("task_definition") or (job.spec.get("source") or {}).get("kind") == "always_on"
    return CONTAINER if is_alone and job.runtime == "ecs_platform" else job.runtime


def generations_of(dag_id: UUID, meaning: Meaning) -> Mapping[str, UUID]:
    """Of each job: of its definition and of those of the same DAG that it is made of. There are no cycles."""
    found: dict[str, UUID] = {}

    def generation(name: str) -> UUID:
        if name not in found:
            job = meaning.jobs[name]
            upstream = {edge.job for edge in job.edges if edge.job}
            found[name] = generation_of(live_job_id(dag_id, name), job.definition_hash, [generation(one) for one in upstream])
        return found[name]

    # Upstream first, so that a chain of thousands does not recurse that deep.
    for name in _upstream_first(meaning):
        generation(name)
    return found


def _upstream_first(meaning: Meaning) -> list[str]:

    return list(
        TopologicalSorter({name: {e.job for e in job.edges if e.job} for name, job in meaning.jobs.items()}).static_order()
    )


def _inputs(job: JobMeaning) -> dict[str, Any]:
    trigger = job.spec.get("trigger")
    if trigger == "all":
        trigger = {"all": list(range(len(job.spec.get("inputs", []))))}
    tree = {key: value for key, value in trigger.items() if key != "timeout"} if isinstance(trigger, dict) else None
    timeout = trigger.get("timeout") if isinstance(trigger, dict) else None
    return {"strategy": job.spec.get("execution_strategy", ""), "trigger": tree, "trigger_seconds": seconds_of(timeout)}


def _tuning(job: JobMeaning) -> dict[str, Any]:
    spec, declared = job.spec, catalogue().operators.get(job.operator)
    is_source = job.activation == "source"
    heartbeat = spec.get("heartbeat_timeout_seconds")
    timeout = spec.get("timeout_seconds", declared.resources.timeout_seconds if declared else None)
    pauses = spec.get("backpressure_mode") != "none"
    return {
        "priority": Priority[spec.get("priority", "normal").upper()],
        "max_concurrency": _concurrency(spec),
        "max_attempts": spec.get("max_attempts", None if is_source else MAX_ATTEMPTS),
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
    said = (spec.get("scaling") or {}).get("max_concurrency")
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


def seconds_of(duration: str | None) -> int | None:
    """`5m` is 300."""
    return int(timedelta(seconds=int(duration[:-1]) * _SECONDS[duration[-1]]).total_seconds()) if duration else None
