"""Claims, heartbeats, ends, expiries, retries, cancels and duplicates in any order, against a model of one page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.dispatch import services
from apps.dispatch.domain import Status
from apps.dispatch.models import Attempt, Event, Task
from apps.dispatch.services.fences import Canceled, StaleFence
from apps.platform.contracts import Claimed, Completion, CompletionAnswer, Ending, HeartbeatAnswer
from apps.platform.errors import Transient, UserError
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, beat, claim, completed, event, failed, fence, job_of, publish, say
from tests.factories import make_org, make_persona

MOST_ATTEMPTS = 3


@dataclass
class Model:
    """One task, as the specification says it."""

    status: Status = Status.QUEUED
    attempt: int = 0
    failures: int = 0
    retry: bool = False
    expired: bool = False
    cancel: bool = False
    # The last attempt's lease ran out and nobody has begun another.
    late: bool = False
    accepted: dict[int, Completion] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        return self.status in {Status.COMPLETED, Status.CANCELED} or (self.status is Status.FAILED and not self.retry)

    def fail(self) -> None:
        self.failures += 1
        self.status, self.retry = Status.FAILED, self.failures < MOST_ATTEMPTS


class Tasks(RuleBasedStateMachine):
    """Of two tasks, so that batches mix."""

    @initialize()
    def an_active_dag(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        writer = make_persona("writer", org=make_org())
        self.dag = arm(writer, manual())
        self.models: dict[UUID, Model] = {}
        self.leases: dict[UUID, list[Claimed]] = {}
        for number in range(2):
            started = services.start_by_hand(
                job_of(self.dag, "start"),
                block_range=(number * 10, number * 10 + 9),
                request_key=str(number),
                made_by=None,
                now=_now(),
            )
            publish()
            ((task_id,),) = Task.objects.filter(root_id=started.task_id).exclude(pk=started.task_id).values_list("id")
            self.models[task_id], self.leases[task_id] = Model(), []

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def pick(self, number: int) -> tuple[UUID, Model]:
        return list(self.models.items())[number]

    @rule(numbers=st.lists(st.integers(0, 1), min_size=1, max_size=3))
    def claims(self, numbers: list[int]) -> None:
        ids = [self.pick(number)[0] for number in numbers]
        got = {one.task_id: one for one in claim(*ids)}
        for task_id in dict.fromkeys(ids):
            model = self.models[task_id]
            assert (task_id in got) == (model.status is Status.QUEUED)
            if task_id in got:
                model.attempt += 1
                model.status, model.late, model.expired = Status.RUNNING, False, False
                assert got[task_id].attempt == model.attempt
                self.leases[task_id].append(got[task_id])

    @rule(number=st.integers(0, 1), age=st.sampled_from([0, 0, 0, 1]))
    def heartbeats(self, number: int, age: int) -> None:
        task_id, model = self.pick(number)
        if not (lease := self.lease(task_id, age)):
            return
        answer = beat(lease)
        if model.status is Status.RUNNING and lease.attempt == model.attempt:
            assert isinstance(answer, HeartbeatAnswer) and answer.canceled == model.cancel
            model.expired = False
        else:
            assert isinstance(answer, StaleFence)

    @rule(
        number=st.integers(0, 1),
        age=st.sampled_from([0, 0, 0, 1]),
        how=st.sampled_from(["done", "failed", "hopeless", "back", "canceled"]),
    )
    def ends(self, number: int, age: int, how: str) -> None:
        task_id, model = self.pick(number)
        if lease := self.lease(task_id, age):
            self.expect(model, lease, say(lease, _ending(lease, how)), _ending(lease, how))

    @rule(number=st.integers(0, 1), age=st.sampled_from([0, 0, 0, 1]))
    def says_it_again(self, number: int, age: int) -> None:
        task_id, model = self.pick(number)
        lease = self.lease(task_id, age)
        if lease and lease.attempt in model.accepted:
            answer = say(lease, model.accepted[lease.attempt])
            assert isinstance(answer, CompletionAnswer) and answer.replayed

    def expect(self, model: Model, lease: Claimed, answer: CompletionAnswer | UserError | Transient, said: Completion) -> None:
        if model.accepted.get(lease.attempt) == said:
            assert isinstance(answer, CompletionAnswer) and answer.replayed
            return
        is_ending = said.status in {Ending.COMPLETED, Ending.FAILED}
        may = lease.attempt == model.attempt and (
            model.status is Status.RUNNING or (model.late and is_ending and model.status in {Status.FAILED, Status.QUEUED})
        )
        if not may:
            assert isinstance(answer, StaleFence), answer
            return
        if model.cancel and said.status is Ending.COMPLETED:
            assert isinstance(answer, Canceled)
            return
        assert isinstance(answer, CompletionAnswer) and not answer.replayed, answer
        model.accepted[lease.attempt] = said
        self.end(model, said)
        assert answer.status == (Status.CANCELED if model.cancel else model.status)

    def end(self, model: Model, said: Completion) -> None:
        was_late, model.late = model.late, False
        if model.cancel or said.status is Ending.CANCELED:
            model.status, model.retry = Status.CANCELED, False
        elif said.status is Ending.COMPLETED:
            model.status, model.retry = Status.COMPLETED, False
        elif said.status is Ending.HANDED_BACK:
            model.status = Status.QUEUED
        else:
            model.failures += 0 if was_late else 1
            model.status = Status.FAILED
            model.retry = said.error is not None and said.error.retryable and model.failures < MOST_ATTEMPTS

    @rule(number=st.integers(0, 1))
    def a_lease_runs_out(self, number: int) -> None:
        task_id, model = self.pick(number)
        if model.status is Status.RUNNING:
            Task.objects.filter(pk=task_id).update(lease_expires_at="2020-01-01T00:00:00Z")
            model.expired = True

    @rule()
    def the_reaper_comes(self) -> None:
        services.reap_expired_leases()
        for model in self.models.values():
            if model.status is Status.RUNNING and model.expired:
                if model.cancel:
                    model.status = Status.CANCELED
                else:
                    model.fail()
                    model.late = True

    @rule()
    def time_passes_and_failures_are_due(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE dispatch_task SET next_retry_at = '2020-01-01' WHERE next_retry_at IS NOT NULL")
        services.retry_due()
        for model in self.models.values():
            if model.status is Status.FAILED and model.retry:
                model.status, model.retry = Status.QUEUED, False

    @rule(number=st.integers(0, 1))
    def somebody_cancels(self, number: int) -> None:
        task_id, model = self.pick(number)
        services.cancel_tasks([task_id])
        if model.is_over:
            return
        model.cancel = True
        if model.status is not Status.RUNNING:
            model.status, model.retry, model.late = Status.CANCELED, False, False

    @rule(number=st.integers(0, 1))
    def somebody_retries(self, number: int) -> None:
        task_id, model = self.pick(number)
        done = services.retry_tasks([task_id])
        assert (task_id in done) == (model.status is Status.FAILED)
        if done:
            model.status, model.retry, model.failures = Status.QUEUED, False, 0

    def lease(self, task_id: UUID, age: int) -> Claimed | None:
        """Its last, or one of those before; a task that was never claimed is claimed now, or nothing would ever happen to it."""
        if not self.leases[task_id]:
            self.claims([list(self.models).index(task_id)])
        held = self.leases[task_id]
        return held[-1 - age % len(held)] if held else None

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        for task in Task.objects.filter(pk__in=getattr(self, "models", {})):
            model = self.models[task.pk]
            seen = (
                task.status,
                task.attempt,
                task.failures,
                task.next_retry_at is not None,
                task.cancel_requested_at is not None,
            )
            assert seen == (model.status, model.attempt, model.failures, model.retry, model.cancel)

    @invariant()
    def every_attempt_is_told_of_and_effects_happened_once(self) -> None:
        for task_id, model in getattr(self, "models", {}).items():
            assert Attempt.objects.filter(task_id=task_id).count() == model.attempt
            done = [one for one in model.accepted.values() if one.status is Ending.COMPLETED]
            assert Event.objects.filter(task_id=task_id).count() == len(done) <= 1


def _ending(lease: Claimed, how: str) -> Completion:
    if how == "done":
        return completed(lease, event(lease, start=0, end=9))
    if how in {"failed", "hopeless"}:
        return failed(lease, retryable=how == "failed")
    return Completion(**fence(lease), status=Ending.HANDED_BACK if how == "back" else Ending.CANCELED)


def _now() -> Any:
    from django.utils import timezone

    return timezone.now()


@pytest.mark.django_db
def test_tasks_do_what_the_model_says() -> None:
    run_state_machine_as_test(
        Tasks,
        settings=settings(
            max_examples=60, stateful_step_count=50, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip
