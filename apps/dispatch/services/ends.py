"""What is written of attempts that are over, and when a task is tried again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from apps.dispatch.domain import Outcome, Status, oldest_of, retry_wait
from apps.dispatch.services.run_events import are_told, tell_ended
from apps.orm.prepared import prepared_cursor
from apps.platform.contracts import TaskError
from apps.platform.telemetry import redactor

_random = random.SystemRandom()
LONG_LIFE = timedelta(minutes=10)

# A task that comes back waits behind the valve like any other.
_END = """
WITH e AS (
    SELECT * FROM unnest(
        %(ids)s::uuid[], %(numbers)s::int[], %(statuses)s::text[], %(outcomes)s::text[], %(digests)s::text[], %(failures)s::int[],
        %(errors)s::text[], %(waits)s::float8[], %(metrics)s::text[], %(outputs)s::text[], %(forgets)s::boolean[]
    ) AS e(id, number, status, outcome, digest, failures, error, wait_seconds, metrics, outputs, forgets)
), told AS (
    UPDATE dispatch_attempt AS a
    SET ended_at = now(), outcome = e.outcome, digest = e.digest, error = e.error::jsonb, metrics = e.metrics::jsonb,
        outputs = e.outputs::jsonb
    FROM e WHERE a.task_id = ANY(%(ids)s::uuid[]) AND a.task_id = e.id AND a.number = e.number AND a.id >= %(since)s
)
UPDATE dispatch_task AS t
SET status = e.status, ended_at = CASE WHEN e.status = 'queued' THEN NULL ELSE now() END, lease_expires_at = NULL,
    failures = e.failures + CASE WHEN e.forgets THEN 0 ELSE t.failures END, error = e.error::jsonb, next_retry_at = now() + make_interval(secs => e.wait_seconds),
    handed_at = CASE WHEN e.status = 'queued' THEN NULL ELSE t.handed_at END,
    queued_at = CASE WHEN e.status = 'queued' THEN now() ELSE t.queued_at END
FROM e WHERE t.id = ANY(%(ids)s::uuid[]) AND t.id = e.id
"""


@dataclass(frozen=True)
class End:
    """What becomes of one task, and of its attempt."""

    task_id: UUID
    number: int
    status: Status
    outcome: Outcome
    digest: str = ""
    error: TaskError | None = None
    metrics: str | None = None
    outputs: str | None = None
    is_failure: bool = False
    # What failed before it is forgotten.
    forgets: bool = False
    wait: timedelta | None = None


def forgets(task: Any) -> bool:
    """A source that was well for a while begins anew: it has no number of attempts to use up, only a back-off."""
    return task.max_attempts is None and task.lived is not None and task.lived > LONG_LIFE


def wait_after(task: Any, *, counts: bool = True) -> timedelta | None:
    """Until it is tried again, after a failure that `counts`. None: it has had all its attempts."""
    return wait_again((0 if forgets(task) else int(task.failures)) + counts, task.max_attempts)


def wait_again(failures: int, max_attempts: int | None) -> timedelta | None:
    if max_attempts is not None and failures >= max_attempts:
        return None
    return retry_wait(failures, jitter=_random.uniform(0.5, 1.5))


def write_ends(ends: Sequence[End]) -> None:
    """Of tasks that the caller has locked."""
    if not ends:
        return
    with prepared_cursor() as cursor:
        cursor.execute(_END, {
            "since": oldest_of(e.task_id for e in ends), "ids": [e.task_id for e in ends], "numbers": [e.number for e in ends], "statuses": [e.status.value for e in ends],
            "outcomes": [e.outcome.value for e in ends], "digests": [e.digest for e in ends],
            "failures": [int(e.is_failure) for e in ends], "errors": [_redacted(e.error) if e.error else None for e in ends],
            "waits": [e.wait.total_seconds() if e.wait is not None else None for e in ends],
            "metrics": [e.metrics for e in ends], "outputs": [e.outputs for e in ends], "forgets": [e.forgets for e in ends],
        })  # fmt: skip
    if are_told():
        tell_ended((e.task_id, e.number, e.outcome) for e in ends)


def _redacted(error: TaskError) -> str:
    """Whoever says it: what somebody's secret is must not be read from how a task failed."""
    return error.model_copy(
        update={"message": redactor.text(error.message), "stack": redactor.text(error.stack)}
    ).model_dump_json()
