"""A person, or a version that is no longer active, does not want tasks any more."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction

from apps.dispatch.services.handing import top_up
from apps.dispatch.services.marking import decline
from apps.dispatch.services.streaming import tell_if_streamed
from apps.orm.rows import rows

# Queued, or waiting for a retry: at once. Running: marked, and learnt at the next heartbeat.
_CANCEL = """
UPDATE dispatch_task AS t
SET status = CASE WHEN t.status = 'running' THEN t.status ELSE 'canceled' END,
    ended_at = CASE WHEN t.status = 'running' THEN t.ended_at ELSE now() END,
    cancel_requested_at = coalesce(t.cancel_requested_at, now()), next_retry_at = NULL
FROM (SELECT id FROM dispatch_task WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE) AS chosen
WHERE t.id = chosen.id AND (t.status IN ('queued', 'running') OR t.status = 'failed' AND t.next_retry_at IS NOT NULL)
RETURNING t.id, t.org_id, t.status
"""


@transaction.atomic
def cancel_tasks(task_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The status of each that was not over yet."""
    with connection.cursor() as cursor:
        cursor.execute(_CANCEL, {"ids": list(task_ids)})
        canceled = rows(cursor)
    decline([task.id for task in canceled])
    tell_if_streamed([task.id for task in canceled], canceled=True)
    top_up({task.org_id for task in canceled})
    return {task.id: task.status for task in canceled}
