"""What does not hold any more: written once for whoever said it, with the outbox row that has its consumers do it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.dispatch.domain import What
from apps.orm.prepared import prepared_cursor
from apps.outbox import services as outbox
from apps.outbox.services import Outgoing
from operators.sdk.words import Reason

INVALIDATED = "invalidated"


@dataclass(frozen=True)
class Invalid:
    """Said by a task, by a person, or by a version that took over. `is_alone`: nobody does anything because of it; `only_beyond`:
    nobody of its own DAG.
    """

    org_id: UUID
    job_id: UUID
    output: int
    generation: UUID
    what: What
    reason: Reason
    task_id: UUID | None = None
    identity: str = ""
    said_by: UUID | None = None
    root_id: UUID | None = None
    is_alone: bool = False
    only_beyond: bool = False


_WRITE = """
INSERT INTO dispatch_invalidation (
    org_id, job_id, output, generation, scope, partition_key, range_start, range_end, reason, task_id, identity, said_by_id, root_id,
    only_beyond, created_at, planned_at, done_at
)
SELECT org_id, job_id, output, generation, scope, partition_key, range_start, range_end, reason, task_id, identity, said_by, root_id,
    only_beyond, now(), CASE WHEN is_alone THEN now() END, CASE WHEN is_alone THEN now() END
FROM unnest(
    %(org_ids)s::uuid[], %(job_ids)s::uuid[], %(outputs)s::smallint[], %(generations)s::uuid[], %(scopes)s::text[], %(keys)s::text[],
    %(starts)s::bigint[], %(ends)s::bigint[], %(reasons)s::text[], %(task_ids)s::uuid[], %(identities)s::text[], %(said_by)s::uuid[],
    %(root_ids)s::uuid[], %(beyond)s::boolean[], %(alone)s::boolean[]
) WITH ORDINALITY AS said(org_id, job_id, output, generation, scope, partition_key, range_start, range_end, reason, task_id, identity,
    said_by, root_id, only_beyond, is_alone, place)
ORDER BY place
ON CONFLICT (task_id, identity) WHERE task_id IS NOT NULL DO NOTHING
RETURNING id, org_id, done_at IS NULL
"""


def write_invalidations(said: Sequence[Invalid]) -> list[UUID]:
    """Those that are new. Inside the caller's transaction."""
    if not said:
        return []
    columns: dict[str, Any] = {
        "org_ids": [one.org_id for one in said], "job_ids": [one.job_id for one in said], "outputs": [one.output for one in said],
        "generations": [one.generation for one in said], "scopes": [one.what.scope.value for one in said],
        "keys": [one.what.key for one in said], "starts": [one.what.start for one in said], "ends": [one.what.end for one in said],
        "reasons": [one.reason.value for one in said], "task_ids": [one.task_id for one in said],
        "identities": [one.identity for one in said], "said_by": [one.said_by for one in said],
        "root_ids": [one.root_id for one in said], "beyond": [one.only_beyond for one in said], "alone": [one.is_alone for one in said],
    }  # fmt: skip
    with prepared_cursor() as cursor:
        cursor.execute(_WRITE, columns)
        written = cursor.fetchall()
    tell_of({org_id for _, org_id, is_open in written if is_open})
    return [invalidation_id for invalidation_id, _, _ in written]


def tell_of(org_ids: set[UUID]) -> None:
    """Something of these orgs is to be done again."""
    outbox.put_many([Outgoing(INVALIDATED, {}, org_id) for org_id in sorted(org_ids)])
