"""Sources that never end: each has one task that is not over, for as long as its DAG is active and nobody paused it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction

from apps.dispatch.domain import Cause
from apps.dispatch.services.creating import Wish, create_tasks
from apps.dispatch.services.handing import top_up
from apps.orm.rows import rows

# The one before has ended, also where it was of another version: there is one writer.
_WITHOUT_TASK = """
UPDATE dispatch_livejob AS j SET falls = j.falls + 1
WHERE j.source = 'always_on' AND j.job_id IS NOT NULL AND j.paused_at IS NULL
    AND (j.restart_at IS NULL OR j.restart_at <= clock_timestamp())
    AND (%(job_ids)s::uuid[] IS NULL OR j.id = ANY(%(job_ids)s::uuid[]))
    AND NOT EXISTS (
        SELECT FROM dispatch_task AS t WHERE t.job_id = j.id AND t.org_id = j.org_id
            AND (t.status IN ('queued', 'running') OR t.status = 'failed' AND t.next_retry_at IS NOT NULL)
    )
RETURNING j.id, j.org_id, j.falls
"""


# Five seconds, doubling with every task of the last hour up to ten minutes: one that ends at once is not begun at once.
_REST = """
UPDATE dispatch_livejob AS j
SET restart_at = clock_timestamp() + least(interval '10 minutes', interval '5 seconds' * 2 ^ least(8, (
    SELECT count(*) FROM dispatch_task AS t
    WHERE t.job_id = j.id AND t.id > dispatch_id_at(now() - interval '1 hour')
) - 1))
WHERE j.id = ANY(%(job_ids)s::uuid[])
"""


def rest_sources(job_ids: Iterable[UUID]) -> None:
    """They ended by themselves: what never ends has fallen."""
    with connection.cursor() as cursor:
        cursor.execute(_REST, {"job_ids": sorted(job_ids)})


@transaction.atomic
def keep_sources() -> int:
    """How many were started, of all."""
    missing = start_sources()
    top_up(missing)
    return len(missing)


def start_sources(job_ids: Iterable[UUID] | None = None) -> list[UUID]:
    """Of all, or of those that something happened to. The orgs whose work was made, for the caller to hand over."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_TASK, {"job_ids": None if job_ids is None else sorted(job_ids)})
        missing = rows(cursor)
    # Two monitors at once count alike, and the key lets one of them make it.
    created = create_tasks([Wish(job.id, f"source:{job.falls}", Cause.SOURCE) for job in missing])
    return [one.org_id for one in created]
