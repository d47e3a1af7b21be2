"""Tasks that run in a function: claimed by the dispatcher, sent whole, and taken back or failed where they cannot be."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.conf import settings

from apps.dags.document.meaning import JobMeaning
from apps.dispatch import runtimes, services
from apps.dispatch.domain import Outcome, Status
from apps.dispatch.models import Attempt, Task
from apps.dispatch.services import living
from apps.outbox.models import Message
from apps.platform.contracts import Invocation
from apps.platform.errors import Permanent, Transient
from tests.apps.dags.makers import manual
from tests.apps.dispatch.cluster import Called
from tests.apps.dispatch.makers import arm, claim, finish, start, tasks_of
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture
def tasks(writer: Persona) -> list[Task]:
    dag = arm(writer, manual())
    for at in range(0, 30_000, 1_000):
        start(dag, block_range=(at, at + 999))
    return tasks_of(dag, "chunks")


def send(functions: Called, *tasks: Task) -> None:
    runtimes.to_function([task.pk for task in tasks], functions=functions)


def reload(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def raising(error: Exception, *, at: int) -> Callable[[int], None]:
    def refuse(number: int) -> None:
        if number >= at:
            raise error

    return refuse


def test_a_function_is_told_all_that_it_needs(tasks: list[Task]) -> None:
    functions = Called()

    send(functions, tasks[0])

    ((name, payload),) = functions.calls
    told = Invocation.model_validate(payload)
    assert name == "trace-range_splitter" and told.base_url == settings.CONFIG.internal_url
    assert told.claimed.task_id == tasks[0].pk and told.claimed.task.config == {"chunk_size": 1000}
    assert reload(tasks[0]).status == Status.RUNNING


def test_with_what_it_was_told_it_can_report(tasks: list[Task]) -> None:
    functions = Called()
    send(functions, tasks[0])

    finish(Invocation.model_validate(functions.calls[0][1]).claimed)

    assert reload(tasks[0]).status == Status.COMPLETED


def test_told_twice_it_is_called_once(tasks: list[Task]) -> None:
    functions = Called()

    send(functions, tasks[0])
    send(functions, tasks[0], tasks[0])

    assert len(functions.calls) == 1


def test_what_can_never_be_called_fails_with_the_reason_and_is_not_tried_again(tasks: list[Task]) -> None:
    functions = Called(raising(Permanent("the task has 300,000 bytes"), at=2))

    send(functions, tasks[0], tasks[1])

    (failed,) = Task.objects.filter(status=Status.FAILED)
    assert {reload(task).status for task in tasks[:2]} == {Status.RUNNING, Status.FAILED} and failed.next_retry_at is None
    assert failed.error and failed.error["type"] == "function_not_called" and "300,000" in failed.error["message"]


def test_what_cannot_be_called_now_is_taken_back_and_sent_by_the_same_message(tasks: list[Task]) -> None:
    functions = Called(raising(Transient("throttled"), at=3))
    before = Message.objects.count()

    with pytest.raises(Transient):
        send(functions, *tasks)

    assert len(functions.calls) == 2 and functions.tries == 3
    left = [reload(task) for task in tasks[2:]]
    assert {task.status for task in left} == {Status.QUEUED} and {task.failures for task in left} == {0}
    assert all(task.handed_at for task in left), "they stay handed over"
    assert Message.objects.count() == before, "nothing is put beside the message that is tried again"
    # Of one bite: those behind it were not even claimed.
    assert [task.attempt for task in left].count(1) == 18 and left[-1].attempt == 0

    functions.refuse = lambda _: None
    send(functions, *tasks)
    assert {reload(task).status for task in tasks} == {Status.RUNNING}


def test_a_call_that_was_heard_although_it_seemed_lost_is_refused(tasks: list[Task]) -> None:
    heard: list[Any] = []

    class Lossy(Called):
        def invoke_event(self, name: str, payload: Any) -> str:
            heard.append(payload)
            raise Transient("the answer got lost")

    with pytest.raises(Transient):
        send(Lossy(), tasks[0])

    with pytest.raises(AssertionError, match="does not hold the task any more"):
        finish(Invocation.model_validate(heard[0]).claimed)
    assert Attempt.objects.get(task_id=tasks[0].pk).outcome == Outcome.HANDED_BACK


def test_one_that_was_canceled_meanwhile_is_not_taken_back(tasks: list[Task]) -> None:
    class Canceling(Called):
        def invoke_event(self, name: str, payload: Any) -> str:
            services.cancel_tasks([tasks[0].pk])
            raise Transient("throttled")

    with pytest.raises(Transient):
        send(Canceling(), tasks[0])

    assert reload(tasks[0]).status == Status.CANCELED


def test_a_machine_without_a_runner_says_so(tasks: list[Task]) -> None:
    runtimes.to_function([tasks[0].pk])

    failed = reload(tasks[0])
    assert failed.status == Status.FAILED and failed.next_retry_at is None
    assert failed.error and failed.error["type"] == "not_built" and "TRACE_FUNCTIONS_DRIVER" in failed.error["message"]
    assert claim(tasks[1].pk), "nothing else was touched"


@pytest.mark.parametrize(
    ("runtime", "seconds", "lease"), [("lambda", 300, 360), ("lambda", None, 960), ("ecs_platform", 300, 120)]
)
def test_the_lease_of_a_function_is_as_long_as_it_may_run(runtime: str, seconds: int | None, lease: int) -> None:
    job = cast("JobMeaning", SimpleNamespace(runtime=runtime))

    assert living._lease_seconds(job, None, seconds) == lease
