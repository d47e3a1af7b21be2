"""A version that is built before it takes over: its jobs work beside the live ones, on what is kept of their inputs.

What it makes goes to versions of its own, which nobody reads yet. What arrives meanwhile waits; once it has taken over, its jobs
are given that as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from django.db import connection, transaction
from django.utils import timezone

from apps.dags import services as dags
from apps.dags.domain import OPEN_BUILD, BuildState
from apps.dags.models import Activation, Build, Dag
from apps.dags.selectors import deployed_meaning
from apps.dispatch.models import LiveJob
from apps.dispatch.services.living import HEARD, live_jobs
from apps.dispatch.services.routing import route_again
from apps.dispatch.services.streaming import tell_of_dag
from apps.platform.slices import slices

_IN_A_BITE = 1_000
# Between jobs of the version, and into it from those that it leaves as they are: the live ones of the same DAG, or of others.
_ROUTE = f"""
WITH produced AS (
    SELECT d.name AS dataset, p.dag, p.job, p.output FROM datasets_producer AS p
    JOIN datasets_dataset AS d ON d.id = p.dataset_id AND d.org_id = %(org_id)s WHERE p.job <> ''
), wanted AS (
    SELECT p.id AS producer_id, e.output, c.id AS consumer_id, e.number, e.job_id, p.build_id IS NULL AS waits
    FROM dispatch_livejob AS c
    JOIN dags_edge AS e ON e.job_id = c.job_id
    JOIN dags_job AS source ON source.id = e.source_id
    JOIN dispatch_livejob AS p ON p.dag_id = c.dag_id AND p.name = source.name AND p.job_id IS NOT NULL
        AND (p.build_id = c.build_id OR p.build_id IS NULL AND NOT source.name = ANY(%(names)s))
    WHERE c.build_id = %(build_id)s
    UNION
    SELECT p.id, made.output, c.id, e.number, e.job_id, true
    FROM dispatch_livejob AS c
    JOIN dags_edge AS e ON e.job_id = c.job_id AND e.source_id IS NULL
    JOIN produced AS made ON made.dataset = e.dataset
    JOIN dags_dag AS d ON d.org_id = c.org_id AND d.name = made.dag
    JOIN dispatch_livejob AS p ON p.dag_id = d.id AND p.name = made.job AND p.job_id IS NOT NULL AND p.build_id IS NULL
    WHERE c.build_id = %(build_id)s
)
INSERT INTO dispatch_route (producer_id, output, consumer_id, input, waits, "where", listens)
SELECT w.producer_id, w.output, w.consumer_id, w.number, w.waits,
    {HEARD}
FROM wanted AS w JOIN dags_job AS v ON v.id = w.job_id
ON CONFLICT DO NOTHING
"""  # noqa: S608  made of constants
# Of each partition, or cursor, what was said last: by the live job, or by one that made the same for a version before it took over.
# Uses index event_job.
_KEPT = """
SELECT id FROM (
    SELECT DISTINCT ON (p.id, e.output, e.partition_key, e.cursor, CASE WHEN e.kind = 'signal' THEN e.id END) e.id
    FROM dispatch_route AS r
    JOIN dispatch_livejob AS p ON p.id = r.producer_id
    JOIN dispatch_livejob AS said ON said.dag_id = p.dag_id AND said.name = p.name AND said.generation = p.generation
    JOIN dispatch_event AS e ON e.job_id = said.id AND e.output = r.output AND e.generation = p.generation AND e.id >= dispatch_id_at(%(since)s)
    WHERE r.consumer_id = ANY(%(consumers)s::uuid[]) AND r.listens AND (%(is_return)s OR NOT r.producer_id = ANY(%(consumers)s::uuid[]))
    ORDER BY p.id, e.output, e.partition_key, e.cursor, CASE WHEN e.kind = 'signal' THEN e.id END, e.id DESC
) AS newest ORDER BY id
"""
# What the version that comes back was made to drop when it was left: nobody cancels its tasks afterwards. Uses index task_job.
_DROPPED = """
SELECT DISTINCT i.event_id FROM dispatch_livejob AS j
JOIN dispatch_task AS t ON t.job_id = j.id AND t.generation = j.generation AND t.status IN ('canceled', 'running') AND t.cancel_requested_at >= %(since)s
JOIN dispatch_taskinput AS i ON i.task_id = t.id
WHERE j.id = ANY(%(consumers)s::uuid[]) ORDER BY 1
"""
# An event has its id before its transaction commits: what was under way at that moment was not seen either. Twice does no harm.
_OVERLAP = timedelta(minutes=1)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# Uses indexes task_waiting, task_under_way, task_dead and event_unrouted_of.
_HAS_MORE = """
SELECT EXISTS (SELECT FROM dispatch_task WHERE org_id = %(org_id)s AND job_id = ANY(%(jobs)s::uuid[]) AND status IN ('queued', 'running', 'failed'))
    OR EXISTS (SELECT FROM dispatch_event WHERE job_id = ANY(%(jobs)s::uuid[]) AND routed_at IS NULL)
"""
# What a job remembers goes on under the name that everybody knows.
_INHERIT = """
UPDATE {table} AS s SET job_id = live.id
FROM dispatch_livejob AS made JOIN dispatch_livejob AS live ON live.dag_id = made.dag_id AND live.name = made.name AND live.build_id IS NULL
WHERE made.id = ANY(%(jobs)s::uuid[]) AND s.job_id = made.id
    AND NOT EXISTS (SELECT FROM {table} AS there WHERE there.job_id = live.id AND there.generation = s.generation)
"""
# What is taken back from now on, these do again, of what they have made by then; what they have not done, the live jobs do once
# they are what is built.
_ARMED = """
INSERT INTO dispatch_armed (job_id, generation, first_at)
SELECT id.of, made.generation, now() FROM dispatch_livejob AS made
LEFT JOIN dispatch_livejob AS live ON live.dag_id = made.dag_id AND live.name = made.name AND live.build_id IS NULL
CROSS JOIN LATERAL (VALUES (made.id), (live.id)) AS id(of)
WHERE made.build_id = %(build_id)s AND id.of IS NOT NULL
ON CONFLICT (job_id, generation) DO NOTHING
"""
_DONE_AGAIN = """
UPDATE dispatch_invalidationmark AS m SET consumer_id = live.id
FROM dispatch_livejob AS made JOIN dispatch_livejob AS live ON live.dag_id = made.dag_id AND live.name = made.name AND live.build_id IS NULL
WHERE made.id = ANY(%(jobs)s::uuid[]) AND m.consumer_id = made.id AND m.processed_at IS NOT NULL
"""
# By event the live job that has it already: a task of what it makes now, its own or of when it was built, has done it, or will.
_GIVEN = """
SELECT DISTINCT i.event_id, live.id FROM dispatch_taskinput AS i
JOIN dispatch_task AS t ON t.id = i.task_id AND t.cancel_requested_at IS NULL
    AND (t.status IN ('completed', 'queued', 'running') OR t.status = 'failed' AND t.next_retry_at IS NOT NULL)
JOIN dispatch_livejob AS made ON made.id = t.job_id
JOIN dispatch_livejob AS live ON live.dag_id = made.dag_id AND live.name = made.name AND live.build_id IS NULL AND live.generation = t.generation
WHERE i.event_id = ANY(%(events)s::uuid[]) AND live.id = ANY(%(jobs)s::uuid[])
"""
_ALSO: list[Callable[[Build], bool]] = []
_REMEMBERED = ("dispatch_operatorstate", "dispatch_cursor", "dispatch_materialisation")


def advance_build(build_id: UUID) -> None:
    """Whatever its state asks for; nothing where that is done already."""
    build = Build.objects.filter(pk=build_id).first()
    if build is None or build.state not in OPEN_BUILD:
        return
    if build.planned_at is None:
        _plan(build)
    if build.state == BuildState.READY or not _has_more(build):
        dags.finish_build(build.pk, now=timezone.now())


def candidates_of(build: Build) -> list[UUID]:
    return list(LiveJob.objects.filter(build=build).order_by("name").values_list("pk", flat=True))


def _plan(build: Build) -> None:
    jobs = _make_jobs(build)
    for some in slices(_events(_KEPT, jobs, since=_BEGINNING), _IN_A_BITE):
        with transaction.atomic():
            route_again(some, jobs)
    dags.note_planned(build, now=timezone.now())


@transaction.atomic
def _make_jobs(build: Build) -> list[UUID]:
    dag = Dag.objects.select_for_update(of=("self",), no_key=True).get(pk=build.dag_id)
    build.refresh_from_db(fields=["state"])
    if build.state not in OPEN_BUILD:
        return []
    meaning = deployed_meaning(build.version)
    made = [
        job for job in live_jobs(dag, build.version, meaning, now=timezone.now()) if job.name in build.scope and not job.source
    ]
    for job in made:
        job.id, job.build = uuid5(build.pk, job.name), build
    LiveJob.objects.bulk_create(made, ignore_conflicts=True)
    names = [job.name for job in made]
    with connection.cursor() as cursor:
        cursor.execute(_ROUTE, {"org_id": dag.org_id, "build_id": build.pk, "names": names})
        cursor.execute(_ARMED, {"build_id": build.pk})
    tell_of_dag(dag.pk)
    return [job.id for job in made]


def _events(statement: str, consumers: Collection[UUID], *, since: datetime, is_return: bool = False) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"consumers": list(consumers), "since": since, "is_return": is_return})
        return [event_id for (event_id,) in cursor.fetchall()]


def also_wait_for(is_under_way: Callable[[Build], bool]) -> None:
    """From a floor above, which makes tasks of a build as others of it end."""
    if is_under_way not in _ALSO:
        _ALSO.append(is_under_way)


def _has_more(build: Build) -> bool:
    """A task that failed for good holds it up: somebody looks at that first."""
    if any(is_under_way(build) for is_under_way in _ALSO):
        return True
    with connection.cursor() as cursor:
        cursor.execute(_HAS_MORE, {"org_id": build.dag.org_id, "jobs": candidates_of(build)})
        return bool(cursor.fetchone() == (True,))


def take_over(dag: Dag) -> None:
    """Of builds that are over the jobs stop; the live ones go on from what they remember, if they are what was built."""
    over = LiveJob.objects.filter(dag=dag, build__isnull=False, job__isnull=False).exclude(build__state__in=OPEN_BUILD)
    done = list(over.filter(build__state=BuildState.DONE).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        for table in _REMEMBERED if done else ():
            cursor.execute(_INHERIT.format(table=table), {"jobs": done})
        cursor.execute(_DONE_AGAIN, {"jobs": done})
    over.update(job=None)


def catch_up(dag: Dag, changed: Collection[UUID]) -> None:
    """What came for jobs that were not there yet, or were not active: they are given it now."""
    activation = Activation.objects.filter(dag=dag).order_by("-pk").first()
    if not changed or activation is None:
        return
    jobs = list(LiveJob.objects.filter(pk__in=changed, source="").values_list("pk", flat=True))
    is_return = Activation.objects.filter(dag=dag, version=activation.version, pk__lt=activation.pk).exists()
    since = (activation.missed_since or activation.made_at) - _OVERLAP
    missed = _events(_KEPT, jobs, since=since, is_return=is_return)
    if is_return:
        missed = sorted({*missed, *_events(_DROPPED, jobs, since=since)})
    for some in slices(missed, _IN_A_BITE):
        # By the activation: a job that is activated again may be given again what it missed each time.
        route_again(some, jobs, suffix=f"@{activation.pk.hex}", but=_given(some, jobs))


def _given(events: Sequence[UUID], jobs: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN, {"events": list(events), "jobs": list(jobs)})
        return set(cursor.fetchall())
