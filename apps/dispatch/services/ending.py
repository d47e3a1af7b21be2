"""How attempts end: completed, failed, canceled, handed back; any number of them in one transaction.

The fence is asked under the lock of the task. A completion is accepted until the next attempt is claimed, also after its lease
ran out: the work is done. The same one again is answered as the first time.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.dispatch.capabilities import Capability
from apps.dispatch.domain import Outcome, Status, digest_of, oldest_of, retry_wait
from apps.dispatch.models import LiveJob, Task
from apps.dispatch.services.claiming import Lease
from apps.dispatch.services.cursors import Done, advance_cursors
from apps.dispatch.services.fences import Canceled, StaleFence
from apps.dispatch.services.handing import top_up
from apps.dispatch.services.keeping import rest_sources, start_sources
from apps.dispatch.services.reporting import Report, read_events, speaker_of, write_events, write_state
from apps.dispatch.services.rows import rows
from apps.orm.prepared import prepared_cursor
from apps.platform.contracts import Completion, CompletionAnswer, Ending, TaskError
from apps.platform.errors import UserError
from apps.platform.telemetry import redactor

_random = random.SystemRandom()
LEASE_EXPIRED = "lease_expired"

# The attempts are read by a statement of their own: what the lock waited for is seen by the next, not by the one that waited.
_LOCK = "SELECT id FROM dispatch_task WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE"
_READ = """
SELECT t.id, t.org_id, t.job_id, t.root_id, t.generation, t.status, t.attempt, t.lease_token, t.failures, t.position,
    t.cancel_requested_at, t.error, t.cause, t.is_alone, j.max_attempts, j.strategy, j.source, said.number, a.digest, a.outcome,
    t.claimed_at < now() - interval '10 minutes' AS lived_long,
    CASE WHEN t.status = 'queued' THEN EXISTS (
        SELECT FROM dispatch_taskinput AS i WHERE i.task_id = t.id AND i.id > dispatch_id_at(t.claimed_at) AND i.id >= %(since)s
    ) ELSE false END AS has_more
FROM unnest(%(ids)s::uuid[], %(numbers)s::int[]) AS said(id, number)
JOIN dispatch_task AS t ON t.id = said.id
JOIN dispatch_livejob AS j ON j.id = t.job_id
LEFT JOIN dispatch_attempt AS a ON a.task_id = t.id AND a.number = said.number AND a.id >= %(since)s
WHERE t.id = ANY(%(ids)s::uuid[])
"""
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
class Said:
    """A completion, with the capability that it was brought by."""

    completion: Completion
    capability: Capability


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


@dataclass
class _Batch:
    """What one transaction writes."""

    ends: list[End] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    org_ids: set[UUID] = field(default_factory=set)
    # Of sources that never end: those that were told to, and those that did by themselves.
    stopped: set[UUID] = field(default_factory=set)
    fallen: set[UUID] = field(default_factory=set)


Answer = CompletionAnswer | UserError


@transaction.atomic
def complete(said: Sequence[Said]) -> list[Answer]:
    """In the order in which they came; each accepted or refused by itself."""
    found = _locked([(one.completion.task_id, one.completion.attempt) for one in said])
    batch = _Batch()
    answers: list[Answer] = []
    ended: dict[UUID, str] = {}
    for one in said:
        # The same task twice in one batch: the second is what a repeated call would be.
        digest = digest_of(one.completion.model_dump(mode="json"))
        before = ended.get(one.completion.task_id)
        if before is not None:
            answers.append(_repeated(one.completion) if before == digest else StaleFence())
            continue
        answer = _take(one, found.get(one.completion.task_id), digest, batch)
        if isinstance(answer, CompletionAnswer) and not answer.replayed:
            ended[one.completion.task_id] = digest
        answers.append(answer)
    _write(batch)
    return answers


def _locked(asked: Sequence[tuple[UUID, int]]) -> dict[UUID, Any]:
    unique = dict(asked)
    with prepared_cursor() as cursor:
        cursor.execute(_LOCK, {"ids": list(unique)})
        cursor.execute(_READ, {"ids": list(unique), "numbers": list(unique.values()), "since": oldest_of(unique)})
        return {row.id: row for row in rows(cursor)}


def _take(said: Said, task: Any, digest: str, batch: _Batch) -> Answer:
    completion = said.completion
    if task is None:
        return StaleFence()
    if task.digest == digest and digest:
        return _repeated(completion)
    if not _holds(completion, task):
        return StaleFence()
    if task.cancel_requested_at is not None and completion.status is Ending.COMPLETED:
        return Canceled()
    speaker = speaker_of(task, completion.attempt, "end")
    try:
        reports = read_events(completion.events, speaker, said.capability)
        if completion.state:
            write_state(speaker, completion.state)
    except UserError as refusal:
        return refusal
    end = _end(completion, task, digest)
    batch.ends.append(end)
    batch.reports += reports
    batch.org_ids.add(task.org_id)
    if task.source == "always_on":
        (batch.stopped if end.status is Status.CANCELED else batch.fallen).add(task.job_id)
    if end.status is Status.COMPLETED and task.position is not None and task.strategy == "PerUpdate":
        batch.done.append(Done(task.job_id, task.generation, task.position))
    return CompletionAnswer(task_id=task.id, status=end.status.value)


def _repeated(completion: Completion) -> CompletionAnswer:
    """What the first one was told: what has become of the task since then is another matter."""
    return CompletionAnswer(task_id=completion.task_id, status=_ENDS[completion.status][0].value, replayed=True)


def _holds(completion: Completion, task: Any) -> bool:
    if completion.attempt != task.attempt or completion.lease_token != task.lease_token:
        return False
    if task.status == Status.RUNNING:
        return True
    # Late, but nobody has begun it again. A hand-back that was accepted has left no lease to speak by.
    # Unless more has arrived at it since: then it is done again, with all of it.
    is_late = task.outcome == Outcome.LEASE_EXPIRED and task.status in {Status.FAILED, Status.QUEUED} and not task.has_more
    return is_late and completion.status in {Ending.COMPLETED, Ending.FAILED}


_ENDS = {
    Ending.COMPLETED: (Status.COMPLETED, Outcome.COMPLETED),
    Ending.FAILED: (Status.FAILED, Outcome.FAILED),
    Ending.CANCELED: (Status.CANCELED, Outcome.CANCELED),
    Ending.HANDED_BACK: (Status.QUEUED, Outcome.HANDED_BACK),
}


def _end(completion: Completion, task: Any, digest: str) -> End:
    status, outcome = _ENDS[completion.status]
    failed = completion.status is Ending.FAILED
    if task.cancel_requested_at is not None:
        # However it ended: nobody wants it any more.
        status, failed = Status.CANCELED, False
    # One that came late was counted as a failure when its lease ran out.
    counts = failed and task.outcome != Outcome.LEASE_EXPIRED
    wait = None
    if failed and completion.error and completion.error.retryable:
        wait = wait_after(task, counts=counts)
    return End(
        task.id, completion.attempt, status, outcome, digest, is_failure=counts, wait=wait, forgets=forgets(task),
        error=completion.error, metrics=_json(completion.metrics), outputs=_json(completion.outputs),
    )  # fmt: skip


def forgets(task: Any) -> bool:
    """A source that was well for a while begins anew: it has no number of attempts to use up, only a back-off."""
    return task.max_attempts is None and bool(task.lived_long)


def wait_after(task: Any, *, counts: bool = True) -> timedelta | None:
    """Until it is tried again, after a failure that `counts`. None: it has had all its attempts."""
    return _wait((0 if forgets(task) else int(task.failures)) + counts, task.max_attempts)


def _wait(failures: int, max_attempts: int | None) -> timedelta | None:
    if max_attempts is not None and failures >= max_attempts:
        return None
    return retry_wait(failures, jitter=_random.uniform(0.5, 1.5))


@transaction.atomic
def fail_claimed(lease: Lease, error: TaskError) -> None:
    """By the dispatcher itself, of an attempt that it could not even send off."""
    end_claimed(lease, error)
    top_up([lease.org_id])


def end_claimed(lease: Lease, error: TaskError) -> None:
    """As a failure; of one that is over by now, nothing. The caller hands over what then fits."""
    held = Task.objects.filter(pk=lease.id, status=Status.RUNNING, attempt=lease.attempt, lease_token=lease.lease_token)
    if (task := held.select_for_update(no_key=True).first()) is None:
        return
    most = LiveJob.objects.values_list("max_attempts", flat=True).get(pk=task.job_id)
    wait = _wait(task.failures + 1, most) if error.retryable else None
    write_ends([End(task.pk, task.attempt, Status.FAILED, Outcome.FAILED, error=error, is_failure=True, wait=wait)])


def _redacted(error: TaskError) -> str:
    """Whoever says it: what somebody's secret is must not be read from how a task failed."""
    return error.model_copy(
        update={"message": redactor.text(error.message), "stack": redactor.text(error.stack)}
    ).model_dump_json()


def _json(value: object) -> str | None:
    return json.dumps(value) if value else None


def _write(batch: _Batch) -> None:
    write_ends(batch.ends)
    if batch.reports:
        write_events(batch.reports)
    advance_cursors(batch.done)
    if batch.fallen:
        rest_sources(batch.fallen)
    if batch.stopped:
        batch.org_ids.update(start_sources(batch.stopped))
    top_up(batch.org_ids)


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
