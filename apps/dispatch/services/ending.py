"""How attempts end: completed, failed, canceled, handed back; any number of them in one transaction.

The fence is asked under the lock of the task. A completion is accepted until the next attempt is claimed, also after its lease
ran out: the work is done. The same one again is answered as the first time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.dags.domain import BUILD
from apps.datasets import services as datasets
from apps.datasets.services import Commit
from apps.dispatch.capabilities import Capability
from apps.dispatch.domain import Outcome, Status, digest_of, oldest_of
from apps.dispatch.models import LiveJob, Task
from apps.dispatch.services.claiming import Lease
from apps.dispatch.services.cursors import Done, advance_cursors, reached
from apps.dispatch.services.disputing import Disputed, put_disputes
from apps.dispatch.services.ends import End, forgets, wait_after, wait_again, write_ends
from apps.dispatch.services.facts import facts
from apps.dispatch.services.fences import Canceled, StaleFence
from apps.dispatch.services.handing import top_up
from apps.dispatch.services.keeping import rest_sources, start_sources
from apps.dispatch.services.marking import mark_redone, may_redo
from apps.dispatch.services.moving import messages_of
from apps.dispatch.services.pinning import Read, note_read
from apps.dispatch.services.publishing import Verified, events_of, refuse_uncommitted, verify
from apps.dispatch.services.reporting import Report, read_events, speaker_of, write_events, write_state
from apps.dispatch.services.streaming import tell_if_streamed, tell_moved
from apps.orm.prepared import prepared_cursor
from apps.orm.rows import rows
from apps.outbox import services as outbox
from apps.outbox.services import Outgoing
from apps.platform.contracts import Completion, CompletionAnswer, Ending, TaskError
from apps.platform.errors import Transient, UserError

LEASE_EXPIRED = "lease_expired"

# The attempts are read by a statement of their own: what the lock waited for is seen by the next, not by the one that waited.
_LOCK = "SELECT id FROM dispatch_task WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE"
_READ = """
SELECT t.id, t.org_id, t.job_id, t.version_job_id, t.root_id, t.generation, t.status, t.attempt, t.lease_token, t.failures, t.position,
    t.cancel_requested_at, t.error, t.cause, t.is_alone, j.max_attempts, j.strategy, j.source, j.build_id, said.number, a.digest, a.outcome,
    now() - t.claimed_at AS lived,
    CASE WHEN t.status = 'queued' THEN EXISTS (
        SELECT FROM dispatch_taskinput AS i WHERE i.task_id = t.id AND i.id > dispatch_id_at(t.claimed_at) AND i.id >= %(since)s
    ) ELSE false END AS has_more
FROM unnest(%(ids)s::uuid[], %(numbers)s::int[]) AS said(id, number)
JOIN dispatch_task AS t ON t.id = said.id
JOIN dispatch_livejob AS j ON j.id = t.job_id
LEFT JOIN dispatch_attempt AS a ON a.task_id = t.id AND a.number = said.number AND a.id >= %(since)s
WHERE t.id = ANY(%(ids)s::uuid[])
"""


@dataclass(frozen=True)
class Said:
    """A completion, with the capability that it was brought by."""

    completion: Completion
    capability: Capability


@dataclass
class _Batch:
    """What one transaction writes."""

    ends: list[End] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    redone: list[UUID] = field(default_factory=list)
    read: list[Read] = field(default_factory=list)
    # What is to happen because it is committed.
    effects: list[Outgoing] = field(default_factory=list)
    disputed: list[Disputed] = field(default_factory=list)
    org_ids: set[UUID] = field(default_factory=set)
    # Of sources that never end: those that were told to, and those that did by themselves.
    stopped: set[UUID] = field(default_factory=set)
    fallen: set[UUID] = field(default_factory=set)
    # Versions that are built, which may be ready now.
    builds: set[UUID] = field(default_factory=set)
    # Of streams, whose ledger knows them.
    streamed: list[UUID] = field(default_factory=list)


# Transient: nothing was decided, and the same call may be answered otherwise.
Answer = CompletionAnswer | UserError | Transient


def complete(said: Sequence[Said]) -> list[Answer]:
    """In the order in which they came; each accepted or refused by itself."""
    # Before any lock: it asks the object store.
    return _complete(said, verify((one.completion, one.capability) for one in said))


@transaction.atomic
def _complete(said: Sequence[Said], verified: Sequence[Verified]) -> list[Answer]:
    found = _locked([(one.completion.task_id, one.completion.attempt) for one in said])
    batch = _Batch()
    answers: list[Answer] = []
    ended: dict[UUID, str] = {}
    for one, commits in zip(said, verified, strict=True):
        # The same task twice in one batch: the second is what a repeated call would be.
        digest = digest_of(one.completion.model_dump(mode="json"))
        before = ended.get(one.completion.task_id)
        if before is not None:
            answers.append(_repeated(one.completion) if before == digest else StaleFence())
            continue
        answer = _take(one, commits, found.get(one.completion.task_id), digest, batch)
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


def _take(said: Said, commits: Verified, task: Any, digest: str, batch: _Batch) -> Answer:
    completion = said.completion
    if task is not None and task.digest == digest and digest:
        return _repeated(completion)
    if task is None or not _holds(completion, task):
        return StaleFence()
    if task.cancel_requested_at is not None and completion.status is Ending.COMPLETED:
        return Canceled()
    if isinstance(commits, UserError | Transient):
        return commits
    speaker = speaker_of(task, completion.attempt, "end")
    try:
        committed = events_of(commits)
        refuse_uncommitted(completion.events, committed, said.capability, task.version_job_id)
        reports = read_events([*completion.events, *committed], speaker, said.capability)
        if completion.state:
            write_state(speaker, completion.state)
    except UserError as refusal:
        return refusal
    end = _end(completion, task, digest)
    batch.reports += reports
    batch.commits += commits
    batch.effects += messages_of(commits, task.version_job_id)
    batch.read += [Read(task.id, completion.attempt, one) for one in completion.read]
    if end.status is Status.COMPLETED:
        batch.disputed += [Disputed(task.org_id, task.id, completion.attempt, pin) for pin in completion.disputed]
    _note(task, end, batch)
    return CompletionAnswer(task_id=task.id, status=end.status.value)


def _note(task: Any, end: End, batch: _Batch) -> None:
    """What its end means for others."""
    batch.ends.append(end)
    batch.org_ids.add(task.org_id)
    if task.build_id is not None:
        batch.builds.add(task.build_id)
    if not task.source and not task.strategy:
        batch.streamed.append(task.id)
    if task.source == "always_on":
        (batch.stopped if end.status is Status.CANCELED else batch.fallen).add(task.job_id)
    if end.status is Status.COMPLETED and task.position is not None and task.strategy == "PerUpdate":
        batch.done.append(Done(task.job_id, task.generation, reached(task)))
    if end.status is Status.COMPLETED and may_redo(task):
        batch.redone.append(task.id)


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
    waits = _waits(completion, task) if failed else None
    if waits is not None:
        outcome = Outcome.HANDED_BACK
    # One that came late was counted as a failure when its lease ran out.
    counts = failed and waits is None and task.outcome != Outcome.LEASE_EXPIRED
    wait = waits
    if failed and waits is None and completion.error and completion.error.retryable:
        wait = wait_after(task, counts=counts)
    return End(
        task.id, completion.attempt, status, outcome, digest, is_failure=counts, wait=wait, forgets=forgets(task),
        error=completion.error, metrics=_json(completion.metrics), outputs=_json(completion.outputs),
    )  # fmt: skip


def _waits(completion: Completion, task: Any) -> timedelta | None:
    """Of one that found that it is not time yet. Code of users could wait for ever, and nobody would hear of it."""
    error = completion.error
    if error is None or error.wait_seconds is None or not error.retryable or not facts(task.version_job_id)["is_trusted"]:
        return None
    return timedelta(seconds=error.wait_seconds)


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
    wait = wait_again(task.failures + 1, most) if error.retryable else None
    write_ends([End(task.pk, task.attempt, Status.FAILED, Outcome.FAILED, error=error, is_failure=True, wait=wait)])
    tell_if_streamed([task.pk])


def _json(value: object) -> str | None:
    return json.dumps(value) if value else None


def _write(batch: _Batch) -> None:
    write_ends(batch.ends)
    datasets.commit_partitions(batch.commits)
    note_read(batch.read)
    put_disputes(batch.disputed)
    if batch.reports:
        write_events(batch.reports)
    mark_redone(batch.redone)
    advance_cursors(batch.done)
    if batch.fallen:
        rest_sources(batch.fallen)
    if batch.stopped:
        batch.org_ids.update(start_sources(batch.stopped))
    tell_moved(batch.streamed)
    outbox.put_many(batch.effects)
    outbox.put_many([Outgoing(BUILD, {"build_id": str(build_id)}) for build_id in sorted(batch.builds)])
    top_up(batch.org_ids)
