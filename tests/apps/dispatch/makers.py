"""DAGs that are active, and a floor on which their tasks are worked by hand: what publisher and worker do, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone

from apps.dags.models import Dag
from apps.datasets.domain import live_job_id
from apps.dispatch import capabilities, services
from apps.dispatch.domain import rows_between
from apps.dispatch.models import Cursor, Event, LiveJob, MissedTick, OperatorState, Pin, Sweep, Task, Waiting
from apps.dispatch.services import Invalid, Said
from apps.outbox import services as outbox
from apps.outbox.domain import State
from apps.outbox.models import Message
from apps.platform.contracts import (
    Claimed,
    Completion,
    CompletionAnswer,
    Ending,
    Heartbeat,
    HeartbeatAnswer,
    LogBatch,
    LogLine,
    ReportedEvent,
    StateWrite,
    TaskError,
)  # fmt: skip
from apps.platform.errors import Transient, UserError
from operators.sdk.words import Reason
from tests.apps.chains.makers import make_pools_of
from tests.apps.dags.makers import activate, deploy, manual
from tests.factories import Persona

WORKER = "worker@tests"


def arm(writer: Persona, text: str, *, name: str = "ranges") -> Dag:
    """Deployed, activated, and its jobs live."""
    version = deploy(writer, text, name=name)
    make_pools_of(version)
    dag = activate(writer, version)
    publish()
    return dag


def publish() -> None:
    """The outbox until it is empty."""
    while batch := outbox.publish_batch(settings.CONFIG):
        assert not batch.failed, batch.failed
    assert not Message.objects.filter(state=State.PENDING).exists()


def job_of(dag: Dag, name: str) -> LiveJob:
    return LiveJob.objects.get(pk=live_job_id(dag.pk, name))


def tasks_of(dag: Dag, name: str) -> list[Task]:
    return list(Task.objects.filter(job_id=live_job_id(dag.pk, name)).order_by("id"))


def start(dag: Dag, name: str = "start", *, block_range: tuple[int, int] | None = None, key: str | None = None) -> UUID:
    job = job_of(dag, name)
    started = services.start_by_hand(job, block_range=block_range, request_key=key, made_by=None, now=timezone.now())
    publish()
    return started.task_id


def claim(*task_ids: UUID, worker: str = WORKER) -> list[Claimed]:
    answer = services.claim(task_ids, worker_id=worker, now=timezone.now())
    return [one for one in answer.results if isinstance(one, Claimed)]


def claim_one(task_id: UUID, *, worker: str = WORKER) -> Claimed:
    (claimed,) = claim(task_id, worker=worker)
    return claimed


def fence(claimed: Claimed) -> dict[str, Any]:
    return {"task_id": claimed.task_id, "attempt": claimed.attempt, "lease_token": claimed.lease_token}


def event(claimed: Claimed, *, output: int = 0, **scope: Any) -> ReportedEvent:
    slot = claimed.task.outputs[output]
    return ReportedEvent(dataset_uuid=slot.dataset_uuid, dataset_version=slot.dataset_version, **scope)


def completed(claimed: Claimed, *events: ReportedEvent, state: StateWrite | None = None) -> Completion:
    return Completion(**fence(claimed), status=Ending.COMPLETED, events=list(events), state=state)


def failed(claimed: Claimed, *, retryable: bool = True, words: str = "it broke", **more: Any) -> Completion:
    error = TaskError(type="Broken", message=words, retryable=retryable, **more)
    return Completion(**fence(claimed), status=Ending.FAILED, error=error)


def say(claimed: Claimed, completion: Completion) -> CompletionAnswer | UserError | Transient:
    (answer,) = say_all([(claimed, completion)])
    return answer


def say_all(said: Iterable[tuple[Claimed, Completion]]) -> list[CompletionAnswer | UserError | Transient]:
    """In one call."""
    now = timezone.now()
    return services.complete(
        [Said(completion, capabilities.read(claimed.capability_token, now=now)) for claimed, completion in said]
    )


def beat(claimed: Claimed, *, now: datetime | None = None) -> HeartbeatAnswer | UserError:
    now = now or timezone.now()
    (answer,) = services.heartbeat([(Heartbeat(**fence(claimed)), capabilities.read(claimed.capability_token, now=now))], now=now)
    return answer


def finish(claimed: Claimed, *events: ReportedEvent) -> CompletionAnswer:
    answer = say(claimed, completed(claimed, *events))
    assert isinstance(answer, CompletionAnswer), answer
    return answer


def work(tasks: Sequence[Task], emit: Callable[[Claimed], Sequence[ReportedEvent]] = lambda _: ()) -> None:
    """Claim, complete and publish, one after the other."""
    for claimed in claim(*[task.pk for task in tasks]):
        finish(claimed, *emit(claimed))
    publish()


def one_of_each(writer: Persona) -> None:
    """A row of every table of the dispatcher."""
    dag = arm(writer, manual("dispatched"), name="dispatched")
    start(dag, block_range=(0, 999))
    (split,) = tasks_of(dag, "chunks")
    given, _ = services.give([split.pk], worker_id=WORKER)
    job, event_id, now = job_of(dag, "chunks"), Event.objects.get().pk, timezone.now()
    Sweep.objects.create(bucket="trace-data")
    OperatorState.objects.create(job_id=job.pk, generation=job.generation, value={}, revision=1, written_at=now)
    Cursor.objects.create(job_id=job.pk, generation=job.generation, value=1, highest=1, moved_at=now)
    Waiting.objects.create(consumer=job, correlation="", input=0, event_id=event_id)
    MissedTick.objects.create(job=job, scheduled_at=now)
    Pin.objects.create(task_id=split.pk, attempt=1, input=0, version_id=uuid4(), key="", number=0, rows=0, size_bytes=0)
    said = Invalid(dag.org_id, job_of(dag, "start").pk, 0, job_of(dag, "start").generation, rows_between(0, 9), Reason.MANUAL)
    services.write_invalidations([said])
    publish()
    fence = {"task_id": split.pk, "attempt": given[0].lease.attempt, "lease_token": given[0].lease.lease_token}
    services.append(LogBatch(**fence, first_line=0, lines=[LogLine(at=now, text="a line")]))
