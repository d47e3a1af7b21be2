"""What the floor that plans the ranges of chain_sync is told of: its tasks, and the DAGs whose streams came, went or go on.

A stream is a live job that nothing fires and that listens to nothing (`LiveJob.is_stream`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection

from apps.dispatch.domain import TELL_STREAMS
from apps.outbox import services as outbox
from apps.outbox.services import Outgoing
from apps.platform.json import Json
from apps.platform.slices import slices

_MOST = 500
# Of a version that is gone a task is wanted again should that come back; of one that lives a person has given it up.
_STREAMED = """
SELECT t.id, j.job_id IS NOT NULL AND j.generation = t.generation AS is_live
FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id AND j.strategy = '' AND j.source = ''
WHERE t.id = ANY(%(ids)s::uuid[]) ORDER BY t.id
"""
_HAS_STREAMS = "SELECT EXISTS (SELECT FROM dispatch_livejob WHERE dag_id = %(dag_id)s AND strategy = '' AND source = '')"


def tell_moved(task_ids: Iterable[UUID]) -> None:
    """They ended, or are tried again. Of tasks that the caller knows to be of streams."""
    _put("moved", list(task_ids))


def tell_if_streamed(task_ids: Collection[UUID], *, canceled: bool = False) -> None:
    """For whoever does not know of which jobs they are."""
    if not task_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_STREAMED, {"ids": list(task_ids)})
        found = cursor.fetchall()
    if canceled:
        _put("declined", [task_id for task_id, is_live in found if is_live])
    else:
        _put("moved", [task_id for task_id, _ in found])


def tell_of_dag(dag_id: UUID) -> None:
    """Its jobs are others, or go on after a pause."""
    with connection.cursor() as cursor:
        cursor.execute(_HAS_STREAMS, {"dag_id": dag_id})
        if cursor.fetchone() == (True,):
            outbox.put(TELL_STREAMS, {"dag_id": str(dag_id)})


def _put(what: str, task_ids: list[UUID]) -> None:
    told: list[Json] = [{what: [str(one) for one in some]} for some in slices(task_ids, _MOST)]
    outbox.put_many([Outgoing(TELL_STREAMS, payload) for payload in told])
