"""Makes tasks, each once for its key, in one statement for any number of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.dispatch.domain import Cause
from apps.orm.prepared import prepared_cursor


@dataclass(frozen=True)
class Wish:
    """A task that there shall be. `inputs` are the events it is made for, each with the number of the input it came by."""

    job_id: UUID
    key: str
    cause: Cause
    root_id: UUID | None = None
    position: int | Decimal | None = None
    partition_key: str = ""
    start: int | None = None
    end: int | None = None
    fired: Mapping[str, Any] | None = None
    made_by: UUID | None = None
    inputs: tuple[tuple[int, UUID], ...] = ()
    is_alone: bool = False


@dataclass(frozen=True)
class Created:
    id: UUID
    org_id: UUID
    job_id: UUID
    key: str


# What a job was made of when it was armed is copied into its tasks: what is armed later is another task's.
_CREATE = """
WITH wanted AS MATERIALIZED (
    SELECT uuidv7() AS id, w.*
    FROM unnest(
        %(job_ids)s::uuid[], %(keys)s::text[], %(causes)s::text[], %(root_ids)s::uuid[], %(positions)s::numeric[],
        %(partition_keys)s::text[], %(starts)s::bigint[], %(ends)s::bigint[], %(fired)s::text[], %(made_by)s::uuid[], %(alone)s::boolean[]
    ) AS w(job_id, key, cause, root_id, position, partition_key, range_start, range_end, fired, made_by, is_alone)
), fresh AS (
    INSERT INTO dispatch_dedupe (job_id, key, task_id)
    SELECT w.job_id, w.key, w.id FROM wanted AS w JOIN dispatch_livejob AS j ON j.id = w.job_id AND j.job_id IS NOT NULL
    ORDER BY w.job_id, w.key
    ON CONFLICT (job_id, key) DO NOTHING
    RETURNING task_id
)
INSERT INTO dispatch_task (
    id, org_id, job_id, version_job_id, generation, root_id, cause, made_by_id, dedupe_key, status, attempt, failures,
    priority, runtime, position, partition_key, range_start, range_end, fired, created_at, queued_at, worker_id, is_alone
)
SELECT
    w.id, j.org_id, w.job_id, j.job_id, j.generation, coalesce(w.root_id, w.id), w.cause, w.made_by, w.key, 'queued', 0, 0,
    j.priority, j.runtime, w.position, w.partition_key, w.range_start, w.range_end, w.fired::jsonb, now(), now(), '', w.is_alone
FROM wanted AS w JOIN fresh AS f ON f.task_id = w.id JOIN dispatch_livejob AS j ON j.id = w.job_id
RETURNING id, org_id, job_id, dedupe_key
"""
_LINK = """
INSERT INTO dispatch_taskinput (task_id, input, event_id)
SELECT * FROM unnest(%(task_ids)s::uuid[], %(inputs)s::smallint[], %(event_ids)s::uuid[])
"""


def create_tasks(wishes: Sequence[Wish]) -> list[Created]:
    """Those that are new; a key that its job had already makes none, and a job that is not active makes none.

    Inside the caller's transaction, which hands them over afterwards (`handing.top_up`).
    """
    if not wishes:
        return []
    params: dict[str, Any] = {
        "job_ids": [w.job_id for w in wishes], "keys": [w.key for w in wishes], "causes": [w.cause.value for w in wishes],
        "root_ids": [w.root_id for w in wishes], "positions": [_numeric(w.position) for w in wishes],
        "partition_keys": [w.partition_key for w in wishes], "starts": [w.start for w in wishes], "ends": [w.end for w in wishes],
        "fired": [None if w.fired is None else json.dumps(w.fired) for w in wishes], "made_by": [w.made_by for w in wishes],
        "alone": [w.is_alone for w in wishes],
    }  # fmt: skip
    with prepared_cursor() as cursor:
        cursor.execute(_CREATE, params)
        created = [Created(*row) for row in cursor.fetchall()]
    inputs = {(w.job_id, w.key): w.inputs for w in wishes}
    link_inputs((one.id, number, event_id) for one in created for number, event_id in inputs[one.job_id, one.key])
    return created


def _numeric(position: int | Decimal | None) -> Decimal | None:
    """A list of both kinds of number is one that psycopg refuses: of a batch in which cursors and ranges came together."""
    return None if position is None else Decimal(position)


def link_inputs(links: Iterable[tuple[UUID, int, UUID]]) -> None:
    """(task, input, event): the event is one of those that the task was made for."""
    rows = list(links)
    if not rows:
        return
    task_ids, inputs, event_ids = zip(*rows, strict=True)
    with prepared_cursor() as cursor:
        cursor.execute(_LINK, {"task_ids": list(task_ids), "inputs": list(inputs), "event_ids": list(event_ids)})
