"""What other pages say of runs: Home, the list of DAGs, the page of one, platform health."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count

from apps.dags.models import Dag, Job
from apps.dispatch.models import LiveJob, MissedTick
from apps.orgs.models import Org
from apps.orgs.policy import Principal
from apps.runs.domain import DEAD, MOST_COUNTED, Tally, Wanted
from apps.runs.selectors.listing import Row, counted, page_before, rows_of, runs_only, tallies_of, tasks_matching
from apps.runs.selectors.seeing import JobName, Seen, jobs_seen

RECENT, BARS = 8, 8
# Of each run at least. A bar says in one colour how a run goes, and in words where it is not told of all of it.
_TALLIED_FOR_A_BAR = 100
_MISSED_FOR = timedelta(days=7)

# Uses index task_job: the newest of each job that lets work into the DAG, of those without a source all.
_ENTRIES = """
SELECT e.dag_id, t.id, t.root_id, t.created_at
FROM unnest(%(dags)s::uuid[], %(jobs)s::uuid[]) AS e(dag_id, job_id)
CROSS JOIN LATERAL (
    SELECT id, root_id, created_at FROM dispatch_task WHERE job_id = e.job_id ORDER BY id DESC LIMIT %(most)s
) AS t
"""
# Uses index task_waiting.
_BACKLOG = """
SELECT j.id, (
    SELECT count(*) FROM (
        SELECT FROM dispatch_task AS t
        WHERE t.org_id = j.org_id AND t.job_id = j.id AND t.status = 'queued' AND t.handed_at IS NULL LIMIT %(most)s
    ) AS waiting
) FROM dispatch_livejob AS j WHERE j.dag_id = %(dag_id)s
"""
# Uses index task_under_way: of each source that never ends one task runs.
_BEHIND = """
SELECT job_id, id, blocks FROM (
    SELECT t.job_id, t.id, (t.progress ->> 'total')::numeric - (t.progress ->> 'done')::numeric AS blocks
    FROM dispatch_livejob AS j JOIN dispatch_task AS t ON t.job_id = j.id AND t.org_id = j.org_id AND t.status = 'running'
    WHERE j.org_id = %(org_id)s AND j.id = ANY(%(jobs)s::uuid[]) AND j.source = 'always_on'
) AS sources WHERE blocks > %(more_than)s ORDER BY blocks DESC LIMIT %(most)s
"""
# Uses index task_job: of each source that never ends the newest task, where that is over all the same.
_FALLEN = """
SELECT j.id, t.id, coalesce(t.error ->> 'message', '') FROM dispatch_livejob AS j
CROSS JOIN LATERAL (SELECT id, status, next_retry_at, error FROM dispatch_task WHERE job_id = j.id ORDER BY id DESC LIMIT 1) AS t
WHERE j.dag_id = %(dag_id)s AND j.source = 'always_on' AND t.status = 'failed' AND t.next_retry_at IS NULL
"""
# Use the partial indexes task_under_way, task_waiting and task_dead.
_QUEUES = """
SELECT runtime, count(*), extract(epoch FROM clock_timestamp() - min(handed_at))::float8
FROM dispatch_task WHERE status = 'queued' AND handed_at IS NOT NULL GROUP BY runtime ORDER BY runtime
"""
_WAITING = """
SELECT o.slug, w.count, w.seconds, d.count FROM orgs_org AS o
LEFT JOIN (
    SELECT org_id, count(*), extract(epoch FROM clock_timestamp() - min(queued_at))::float8 AS seconds
    FROM dispatch_task WHERE status = 'queued' AND handed_at IS NULL GROUP BY org_id
) AS w ON w.org_id = o.id
LEFT JOIN (
    SELECT org_id, count(*) FROM dispatch_task WHERE status = 'failed' AND next_retry_at IS NULL GROUP BY org_id
) AS d ON d.org_id = o.id
WHERE w.count > 0 OR d.count > 0 ORDER BY coalesce(w.count, 0) + coalesce(d.count, 0) DESC, o.slug LIMIT 50
"""


# Use the partial indexes live_job_due, task_due, task_running and event_unrouted.
_DUE = """
SELECT 'dispatch.fire_cron', count(*) FROM (
    SELECT FROM dispatch_livejob WHERE next_fire_at <= clock_timestamp() LIMIT %(most)s
) AS due
UNION ALL SELECT 'dispatch.retry', count(*) FROM (
    SELECT FROM dispatch_task WHERE status = 'failed' AND next_retry_at <= clock_timestamp() LIMIT %(most)s
) AS due
UNION ALL SELECT 'dispatch.reap', count(*) FROM (
    SELECT FROM dispatch_task WHERE status = 'running' AND lease_expires_at < clock_timestamp() LIMIT %(most)s
) AS due
UNION ALL SELECT 'dispatch.reconcile', count(*) FROM (
    SELECT FROM dispatch_event WHERE routed_at IS NULL LIMIT %(most)s
) AS due
"""


def dead_letters(org: Org, seen: Seen) -> tuple[int, bool]:
    """Uses index task_dead."""
    return counted(tasks_matching(org, Wanted(status=DEAD), seen))


@dataclass(frozen=True)
class Behind:
    """A source that knows how far it has to go: a follower of a chain, and its head."""

    job: JobName
    task_id: UUID
    blocks: int


def behind(org: Org, seen: Seen, *, more_than: int, most: int) -> list[Behind]:
    """Those whose distance is larger, the farthest first."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, {"org_id": org.pk, "jobs": seen.ids, "more_than": more_than, "most": most})
        return [Behind(seen.jobs[job_id], task_id, int(blocks)) for job_id, task_id, blocks in cursor.fetchall()]


def recent_runs(org: Org, seen: Seen, wanted: Wanted | None = None) -> list[Row]:
    tasks, _ = page_before(runs_only(tasks_matching(org, wanted or Wanted(), seen)), None, size=RECENT)
    return rows_of(tasks, seen, with_tallies=True)


@dataclass(frozen=True)
class RunBar:
    root_id: UUID
    at: datetime
    tally: Tally


def bars_of(org: Org, dags: Sequence[Dag]) -> dict[UUID, list[RunBar]]:
    """The last runs of each of the DAGs, the oldest first. The DAGs are the asker's to see; of their runs so is the colour."""
    jobs = list(LiveJob.objects.filter(dag__in=dags).values_list("id", "dag_id", "source"))
    with_sources = {dag_id for _, dag_id, source in jobs if source}
    entries = [(job_id, dag_id) for job_id, dag_id, source in jobs if source or dag_id not in with_sources]
    params: dict[str, Any] = {"jobs": [one for one, _ in entries], "dags": [dag for _, dag in entries], "most": BARS}
    found: defaultdict[UUID, dict[UUID, datetime]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, params)
        for dag_id, _, root_id, at in sorted(cursor.fetchall(), key=lambda row: row[1], reverse=True):
            if len(found[dag_id]) < BARS:
                found[dag_id].setdefault(root_id, at)
    tallies = tallies_of([root for runs in found.values() for root in runs], [one for one, _, _ in jobs], most=_TALLIED_FOR_A_BAR)
    return {
        dag_id: [RunBar(root, at, tallies.get(root, Tally())) for root, at in reversed(runs.items())]
        for dag_id, runs in found.items()
    }


@dataclass(frozen=True)
class Fallen:
    """The task of a source that never ends, which failed for good. Another one begins when it has rested."""

    task_id: UUID
    message: str


@dataclass(frozen=True)
class JobStanding:
    """How a job of the active version stands. `is_open`: it declares a secret, by which a webhook knows its callers."""

    live: LiveJob
    backlog: int
    missed: int
    is_open: bool
    fallen: Fallen | None = None

    @property
    def is_backlog_capped(self) -> bool:
        return self.backlog > MOST_COUNTED


@dataclass(frozen=True)
class DagRuns:
    runs: list[Row]
    jobs: list[JobStanding]
    dead: int


def runs_of_dag(dag: Dag, who: Principal, *, now: datetime) -> DagRuns:
    seen = jobs_seen(dag.org, who, now=now)
    wanted = Wanted(dag=dag.name)
    if dag.name not in seen.dags:
        return DagRuns([], [], 0)
    dead, _ = counted(tasks_matching(dag.org, Wanted(dag=dag.name, status=DEAD), seen))
    return DagRuns(recent_runs(dag.org, seen, wanted), _standings(dag, now=now), dead)


def _standings(dag: Dag, *, now: datetime) -> list[JobStanding]:
    backlog = _backlog(dag)
    jobs = list(LiveJob.objects.filter(dag=dag, build=None, job__isnull=False).order_by("job__position"))
    missed = MissedTick.objects.filter(job__in=jobs, scheduled_at__gte=now - _MISSED_FOR).order_by()
    counts = dict(missed.values_list("job_id").annotate(Count("pk")))
    with_secret = set(
        Job.objects.filter(pk__in=[one.job_id for one in jobs], spec__has_key="secrets").values_list("pk", flat=True)
    )
    fallen = _fallen(dag)
    return [
        JobStanding(one, backlog.get(one.pk, 0), counts.get(one.pk, 0), one.job_id in with_secret, fallen.get(one.pk))
        for one in jobs
    ]


def _fallen(dag: Dag) -> Mapping[UUID, Fallen]:
    with connection.cursor() as cursor:
        cursor.execute(_FALLEN, {"dag_id": dag.pk})
        return {job_id: Fallen(task_id, message) for job_id, task_id, message in cursor.fetchall()}


def _backlog(dag: Dag) -> Mapping[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(_BACKLOG, {"dag_id": dag.pk, "most": MOST_COUNTED + 1})
        return dict(cursor.fetchall())


@dataclass(frozen=True)
class QueueDepth:
    runtime: str
    depth: int
    oldest_seconds: float


@dataclass(frozen=True)
class OrgBacklog:
    org: str
    waiting: int
    oldest_seconds: float | None
    dead: int


@dataclass(frozen=True)
class Backlogs:
    """Of all orgs, for platform staff."""

    queues: list[QueueDepth]
    orgs: list[OrgBacklog]

    @property
    def dead(self) -> int:
        return sum(one.dead for one in self.orgs)


def loop_backlogs() -> dict[str, int]:
    """Of all orgs, by the loop that is to do it; each counted up to a bound."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"most": MOST_COUNTED})
        return dict(cursor.fetchall())


def backlogs() -> Backlogs:
    with connection.cursor() as cursor:
        cursor.execute(_QUEUES)
        queues = [QueueDepth(*row) for row in cursor.fetchall()]
        cursor.execute(_WAITING)
        orgs = [OrgBacklog(slug, waiting or 0, seconds, dead or 0) for slug, waiting, seconds, dead in cursor.fetchall()]
    return Backlogs(queues, orgs)
