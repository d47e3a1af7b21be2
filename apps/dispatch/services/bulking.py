"""Bulk jobs: all that waits is one task. It takes what comes until it is claimed; what comes later waits for the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from apps.dispatch.domain import Cause
from apps.dispatch.services.creating import Wish, link_inputs

# The job is locked first: there is at most one task of it that nobody has claimed.
_LOCK = "SELECT id FROM dispatch_livejob WHERE id = ANY(%(job_ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE"
# Locked, so that a claim waits until the events are in; one that was claimed meanwhile is not found any more.
_OPEN = """
SELECT job_id, id FROM dispatch_task
WHERE job_id = ANY(%(job_ids)s::uuid[]) AND status = 'queued' AND NOT is_alone
    AND (job_id, generation) IN (SELECT id, generation FROM dispatch_livejob WHERE id = ANY(%(job_ids)s::uuid[]))
ORDER BY id FOR NO KEY UPDATE
"""
_NUMBER = "UPDATE dispatch_livejob SET bulks = bulks + 1 WHERE id = ANY(%(job_ids)s::uuid[]) RETURNING id, bulks"


def lock_bulk(arrivals: Sequence[Any]) -> None:
    """Before any task is locked: everybody locks jobs first, or two would wait for each other."""
    jobs = sorted({row.consumer_id for row in arrivals if row.strategy == "Bulk"})
    if jobs:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, {"job_ids": jobs})


def gather(arrivals: Sequence[Any]) -> list[Wish]:
    if not arrivals:
        return []
    jobs = sorted({row.consumer_id for row in arrivals})
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"job_ids": jobs})
        cursor.execute(_OPEN, {"job_ids": jobs})
        waiting = dict(cursor.fetchall())
        cursor.execute(_NUMBER, {"job_ids": [job for job in jobs if job not in waiting]})
        numbers = dict(cursor.fetchall())
    link_inputs((waiting[row.consumer_id], row.input, row.id) for row in arrivals if row.consumer_id in waiting)
    return [_task(job, number, [row for row in arrivals if row.consumer_id == job]) for job, number in numbers.items()]


def _task(job: UUID, number: int, arrivals: Sequence[Any]) -> Wish:
    inputs = tuple((row.input, row.id) for row in arrivals)
    return Wish(job, f"bulk:{number}", Cause.EVENT, root_id=arrivals[0].root_id, inputs=inputs)
