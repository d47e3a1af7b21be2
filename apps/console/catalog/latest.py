"""When the jobs that make datasets last said something of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.console.catalog.making import outputs_of
from apps.datasets.models import Producer
from apps.dispatch.domain import oldest_of
from apps.dispatch.models import LiveJob
from apps.orgs.models import Org

# Of a job its newest tasks, of each so many events: no index leads to the newest event of an output, and a page waits for this.
MOST_TASKS, MOST_EVENTS = 100, 200

# Uses index task_job.
_TASKS = """
SELECT p.dataset_id, p.output, t.id
FROM unnest(%(datasets)s::uuid[], %(jobs)s::uuid[], %(outputs)s::int[]) AS p(dataset_id, job_id, output)
CROSS JOIN LATERAL (
    SELECT id FROM dispatch_task WHERE job_id = p.job_id ORDER BY id DESC LIMIT %(tasks)s
) AS t
"""
# Uses index event_task; `since` leaves the months before out.
_LATEST = """
SELECT p.dataset_id, max(e.routed_at)
FROM unnest(%(datasets)s::uuid[], %(outputs)s::int[], %(tasks)s::uuid[]) AS p(dataset_id, output, task_id)
CROSS JOIN LATERAL (
    SELECT routed_at FROM dispatch_event
    WHERE task_id = p.task_id AND id >= %(since)s AND output = p.output AND routed_at IS NOT NULL LIMIT %(events)s
) AS e
GROUP BY p.dataset_id
"""


def latest_events(org: Org, producers: Sequence[Producer]) -> dict[UUID, datetime]:
    """By dataset; of what has said nothing lately, nothing."""
    names = {one.dag for one in producers}
    rows = LiveJob.objects.filter(org=org, dag__name__in=names).values_list("dag__name", "name", "pk")
    jobs = {(dag, name): pk for dag, name, pk in rows}
    places = [
        (one.dataset_id, jobs[one.dag, job], output)
        for one in producers
        for job, output in outputs_of(one)
        if (one.dag, job) in jobs
    ]
    if not places:
        return {}
    datasets, ids, outputs = zip(*places, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_TASKS, {"datasets": list(datasets), "jobs": list(ids), "outputs": list(outputs), "tasks": MOST_TASKS})
        if not (tasks := cursor.fetchall()):
            return {}
        datasets, outputs, ids = zip(*tasks, strict=True)
        params = {"datasets": list(datasets), "outputs": list(outputs), "tasks": list(ids)}
        cursor.execute(_LATEST, {**params, "since": oldest_of(ids), "events": MOST_EVENTS})
        return dict(cursor.fetchall())
