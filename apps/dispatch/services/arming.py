"""What an activation means for work: which jobs live, what they listen to, and which tasks nobody wants any more.

Called for a DAG, not for a version: it reads what is active now, and finding it armed already it changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from apps.dags.models import Activation, Dag
from apps.dags.selectors import deployed_meaning
from apps.datasets.domain import live_job_id
from apps.dispatch.models import LiveJob
from apps.dispatch.services.beyond import leave_former, read_beyond, tell_beyond
from apps.dispatch.services.building import catch_up, take_over
from apps.dispatch.services.canceling import cancel_tasks
from apps.dispatch.services.handing import top_up
from apps.dispatch.services.keeping import start_sources
from apps.dispatch.services.living import HEARD, live_jobs
from apps.dispatch.services.returning import take_up_invalidations
from apps.dispatch.services.streaming import tell_of_dag

# The router holds a weaker lock on the jobs that it makes tasks of: what it has begun is seen here, what it begins later sees this.
_LOCK = "SELECT FROM dispatch_livejob WHERE dag_id = %(dag_id)s ORDER BY id FOR UPDATE"
# Written as the predicates of indexes task_waiting and task_under_way, so that no history is read.
# Work of a version that is gone: what a job that changed, is no longer there, or begins with nothing, had not finished.
_ABANDONED = """
SELECT t.id FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id
WHERE j.dag_id = %(dag_id)s AND t.org_id = %(org_id)s AND (j.job_id IS NULL OR t.generation <> j.generation OR j.id = ANY(%(resetting)s::uuid[]))
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
# It goes on where it is, and has to be told: what never ends reads its config once.
_TUNED = """
SELECT t.id FROM dispatch_task AS t
JOIN dispatch_livejob AS j ON j.id = t.job_id AND j.generation = t.generation AND j.job_id <> t.version_job_id AND j.source = 'always_on'
JOIN dags_job AS wanted ON wanted.id = j.job_id
JOIN dags_job AS begun ON begun.id = t.version_job_id AND begun.spec -> 'config' IS DISTINCT FROM wanted.spec -> 'config'
WHERE j.dag_id = %(dag_id)s AND t.org_id = %(org_id)s AND t.status = 'running' AND t.cancel_requested_at IS NULL
"""
_FORGET_STATE = "DELETE FROM dispatch_operatorstate WHERE job_id = ANY(%(resetting)s::uuid[])"
_FORGET_WAITING = "DELETE FROM dispatch_waiting AS w USING dispatch_livejob AS j WHERE j.id = w.consumer_id AND j.dag_id = %(dag_id)s AND j.job_id IS NULL"
_UNROUTE = """
DELETE FROM dispatch_route AS r USING dispatch_livejob AS p, dispatch_livejob AS c
WHERE r.producer_id = p.id AND r.consumer_id = c.id AND c.build_id IS NULL AND (p.dag_id = %(dag_id)s OR c.dag_id = %(dag_id)s)
"""
# Inside the DAG an edge names a job; across DAGs it names a dataset, and the registry who produces that, a union in two halves.
_ROUTE = f"""
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
    JOIN dispatch_livejob AS c ON c.job_id = e.job_id AND c.dag_id = %(dag_id)s AND c.build_id IS NULL
    JOIN dispatch_livejob AS p ON p.job_id = e.source_id AND p.build_id IS NULL
    UNION
    SELECT p.id, made.output, c.id, e.number, e.job_id
    FROM dags_edge AS e
    JOIN dispatch_livejob AS c ON c.job_id = e.job_id AND c.org_id = %(org_id)s AND c.build_id IS NULL
    JOIN produced AS made ON made.dataset = e.dataset
    JOIN dispatch_livejob AS p ON p.dag_id = made.dag_id AND p.name = made.job AND p.job_id IS NOT NULL AND p.build_id IS NULL
    WHERE e.dataset <> '' AND e.source_id IS NULL AND (c.dag_id = %(dag_id)s OR p.dag_id = %(dag_id)s)
)
INSERT INTO dispatch_route (producer_id, output, consumer_id, input, "where", listens)
SELECT w.producer_id, w.output, w.consumer_id, w.number, {HEARD}
FROM wanted AS w JOIN dags_job AS v ON v.id = w.job_id
ON CONFLICT DO NOTHING
"""  # noqa: S608  made of constants


@transaction.atomic
def arm(dag_id: UUID, *, now: datetime) -> None:
    # Two messages of one DAG wait for each other; whoever comes last finds it done.
    dag = Dag.objects.select_for_update(of=("self",), no_key=True).select_related("active__dag").filter(pk=dag_id).first()
    if dag is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"dag_id": dag.pk})
    before = read_beyond(dag)
    changed, resetting = _keep_jobs(dag, now=now)
    take_over(dag)
    params = {"dag_id": dag.pk, "org_id": dag.org_id}
    with connection.cursor() as cursor:
        cursor.execute(_ABANDONED, {"resetting": list(resetting), **params})
        abandoned = [task_id for (task_id,) in cursor.fetchall()]
        cursor.execute(_TUNED, params)
        abandoned += [task_id for (task_id,) in cursor.fetchall()]
        cursor.execute(_FORGET_STATE, {"resetting": list(resetting)})
        for statement in (_ADOPT, _FORGET_WAITING, _UNROUTE, _ROUTE):
            cursor.execute(statement, params)
    leave_former(dag)
    cancel_tasks(abandoned)
    catch_up(dag, changed)
    tell_beyond(dag, before)
    take_up_invalidations(dag.pk)
    sources = LiveJob.objects.filter(dag=dag, source="always_on")
    # What made it fall may be what this version mends.
    sources.update(restart_at=None)
    start_sources(sources.values_list("pk", flat=True))
    tell_of_dag(dag.pk)
    top_up([dag.org_id])


def _keep_jobs(dag: Dag, *, now: datetime) -> tuple[set[UUID], set[UUID]]:
    """Which of them make something else than before; and which begin with nothing, as this version says when it first becomes active."""
    wanted = list(live_jobs(dag, dag.active, deployed_meaning(dag.active), now=now)) if dag.active else []
    known = {job.pk: job for job in LiveJob.objects.filter(dag=dag, build=None)}
    gone = known.keys() - {job.pk for job in wanted}
    # Nothing of it happens from now on; its identity and its history stay.
    LiveJob.objects.filter(pk__in=gone).update(job=None, next_fire_at=None, webhook_path="", pressing_at=None, pressed_at=None)
    for job in wanted:
        before = known.get(job.pk)
        if before and before.job_id and before.schedule == job.schedule:
            job.next_fire_at = before.next_fire_at
    fields = [field.name for field in LiveJob._meta.fields if field.name not in {"id", "org", "dag", "name", *_LASTING}]
    LiveJob.objects.bulk_create(wanted, update_conflicts=True, unique_fields=["id"], update_fields=fields)
    changed = {job.pk for job in wanted if not ((was := known.get(job.pk)) and was.job_id and was.generation == job.generation)}
    return changed, _resetting(dag, known)


def _resetting(dag: Dag, known: Mapping[UUID, LiveJob]) -> set[UUID]:
    """Those that are armed for their version for the first time: never at a restart, nor when somebody comes back to it."""
    if dag.active is None or Activation.objects.filter(version=dag.active).count() > 1:
        return set()
    armed = {job.job_id for job in known.values() if job.job_id}
    asking = dag.active.jobs.filter(spec__bootstrap__reset_outputs=True).exclude(pk__in=armed)
    return {live_job_id(dag.pk, name) for name in asking.values_list("name", flat=True)}


# What happened to a job, not what its version says: an activation leaves it alone.
_LASTING = ("paused_at", "pressed_at", "pressing_at", "last_fired_at", "restart_at", "falls", "bulks")
