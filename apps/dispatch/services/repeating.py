"""Work that is wanted once more: a dead letter replayed, a task run again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from django.db import connection, transaction

from apps.dispatch.domain import Cause, oldest_of
from apps.dispatch.services.creating import Created, Wish, create_tasks
from apps.dispatch.services.handing import top_up
from apps.dispatch.services.marking import ask_again
from apps.dispatch.services.streaming import tell_if_streamed
from apps.orm.rows import rows

# Of a job that is not active nothing is tried again: its version is not there to do it. A source that never ends is begun anew by its keeper.
# Locked in the order of ids, as everybody locks tasks.
_RETRY = """
WITH failed AS (
    SELECT t.id FROM dispatch_task AS t
    JOIN dispatch_livejob AS j ON j.id = t.job_id AND j.job_id IS NOT NULL AND j.generation = t.generation AND j.source <> 'always_on'
    WHERE t.id = ANY(%(ids)s::uuid[]) AND t.status = 'failed' ORDER BY t.id FOR NO KEY UPDATE OF t
)
UPDATE dispatch_task AS t
SET status = 'queued', failures = 0, next_retry_at = NULL, handed_at = NULL, queued_at = now(), ended_at = NULL, error = NULL,
    cancel_requested_at = NULL
FROM failed WHERE t.id = ANY(%(ids)s::uuid[]) AND t.id = failed.id AND t.status = 'failed'
RETURNING t.id, t.org_id
"""
# What a version made before it took over, its live jobs make again.
_AGAIN = """
SELECT t.id, coalesce(live.id, t.job_id) AS job_id, t.root_id, t.position, t.partition_key, t.range_start, t.range_end, t.fired,
    coalesce(array_agg(i.input ORDER BY i.id) FILTER (WHERE i.id IS NOT NULL), '{}') AS inputs,
    coalesce(array_agg(i.event_id ORDER BY i.id) FILTER (WHERE i.id IS NOT NULL), '{}') AS events
FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id AND j.source <> 'always_on'
LEFT JOIN dispatch_livejob AS live ON j.build_id IS NOT NULL AND j.job_id IS NULL
    AND live.dag_id = j.dag_id AND live.name = j.name AND live.build_id IS NULL
LEFT JOIN dispatch_taskinput AS i ON i.task_id = t.id AND i.id >= %(since)s
WHERE t.id = ANY(%(ids)s::uuid[]) AND (t.status IN ('completed', 'failed', 'canceled') OR t.cancel_requested_at IS NOT NULL AND %(canceling)s)
GROUP BY t.id, live.id ORDER BY t.id
"""
# Uses index mark_of_task.
_TAKE_OVER = """
UPDATE dispatch_invalidationmark AS m SET task_id = o.after
FROM unnest(%(before)s::uuid[], %(after)s::uuid[]) AS o(before, after) WHERE m.task_id = o.before AND m.processed_at IS NULL
"""


@transaction.atomic
def retry_tasks(task_ids: Sequence[UUID]) -> list[UUID]:
    """Failed → Queued with all attempts again, whether a retry was due or none was left. Those that it was done for."""
    with connection.cursor() as cursor:
        cursor.execute(_RETRY, {"ids": list(task_ids)})
        retried = rows(cursor)
    tell_if_streamed([task.id for task in retried])
    top_up({task.org_id for task in retried})
    return [task.id for task in retried]


@transaction.atomic
def rerun_tasks(task_ids: Sequence[UUID], *, alone: bool, made_by: UUID | None) -> list[Created]:
    """A new task for each that is over, with the same inputs and scope, under the version that is active now.

    Not alone, what it makes again is news, and the jobs below do their part again.
    """
    wishes = wishes_again(task_ids, cause=Cause.RERUN, made_by=made_by, is_alone=alone)
    created = create_tasks(list(wishes.values()))
    if not alone:
        take_over(wishes, created)
    top_up({one.org_id for one in created})
    return created


def wishes_again(
    task_ids: Sequence[UUID], *, cause: Cause, made_by: UUID | None = None, is_alone: bool = False, canceling: bool = False
) -> dict[UUID, Wish]:
    """By the tasks whose work is wanted once more: those that are over, and with `canceling` those that are about to be."""
    with connection.cursor() as cursor:
        cursor.execute(_AGAIN, {"ids": list(task_ids), "since": oldest_of(task_ids), "canceling": canceling})
        return {
            row.id: Wish(
                row.job_id, f"{cause}:{uuid4()}", cause, root_id=row.root_id, position=row.position,
                partition_key=row.partition_key, start=row.range_start, end=row.range_end, fired=row.fired, made_by=made_by,
                inputs=tuple(zip(row.inputs, row.events, strict=True)), is_alone=is_alone,
            )
            for row in rows(cursor)
        }  # fmt: skip


def take_over(wishes: Mapping[UUID, Wish], created: Sequence[Created]) -> None:
    """What the tasks before were to do again because of invalidations, those that were created for them do."""
    made = {one.key: one.id for one in created}
    pairs = [(before, made[wish.key]) for before, wish in wishes.items() if wish.key in made]
    ask_again([before for before, _ in pairs])
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OVER, {"before": [before for before, _ in pairs], "after": [after for _, after in pairs]})
