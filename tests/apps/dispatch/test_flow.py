"""A range goes through a DAG, task by task."""

from __future__ import annotations

import pytest

from apps.dispatch.domain import Cause, Status
from apps.dispatch.models import Attempt, Event, TaskInput
from apps.platform.contracts import Claimed, ReportedEvent
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim_one, event, finish, job_of, publish, start, tasks_of, work
from tests.factories import Persona

pytestmark = pytest.mark.django_db


def chunks(claimed: Claimed) -> list[ReportedEvent]:
    (arrived,) = claimed.task.arrived
    assert arrived.event.start is not None and arrived.event.end is not None
    return [event(claimed, start=at, end=at + 999) for at in range(arrived.event.start, arrived.event.end, 1000)]


def test_a_manual_run_becomes_a_task_of_each_job_that_listens(writer: Persona) -> None:
    dag = arm(writer, manual())

    task_id = start(dag, block_range=(0, 2999))

    (trigger,), (split,) = tasks_of(dag, "start"), tasks_of(dag, "chunks")
    assert trigger.pk == task_id and trigger.status == Status.COMPLETED
    assert split.status == Status.QUEUED and split.partition_key == "0-2999" and split.cause == Cause.EVENT
    assert split.root_id == trigger.pk
    assert split.handed_at is not None


def test_a_claim_tells_all_that_the_worker_needs(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 2999))
    (split,) = tasks_of(dag, "chunks")

    claimed = claim_one(split.pk)

    assert claimed.task.operator == "range_splitter" and claimed.task.config == {"chunk_size": 1000}
    assert [(one.input, one.event.start, one.event.end) for one in claimed.task.arrived] == [(0, 0, 2999)]
    assert claimed.attempt == 1
    assert Attempt.objects.get(task_id=split.pk).worker_id == "worker@tests"


def test_a_completion_writes_its_events_once(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 2999))

    work(tasks_of(dag, "chunks"), chunks)

    (split,) = tasks_of(dag, "chunks")
    made = Event.objects.filter(task_id=split.pk).order_by("range_start")
    assert [one.partition_key for one in made] == ["0-999", "1000-1999", "2000-2999"]
    assert {one.materialisation for one in made} == {1}
    assert all(one.routed_at for one in made)


def test_the_same_partition_again_is_news(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 999))
    start(dag, block_range=(0, 999))
    publish()

    assert [one.partition_key for one in tasks_of(dag, "chunks")] == ["0-999"]
    (waiting,) = tasks_of(dag, "chunks")
    assert TaskInput.objects.filter(task_id=waiting.pk).count() == 2

    finish(claim_one(waiting.pk))
    start(dag, block_range=(0, 999))

    assert [one.status for one in tasks_of(dag, "chunks")] == [Status.COMPLETED, Status.QUEUED]
    assert job_of(dag, "chunks").job_id is not None


FOLLOWED = """  - name: follow
    activation: reactive
    runtime: ecs_platform
    operator: noop
    outputs: 1
    inputs: [{ from: { job: chunks } }]
    execution_strategy: PerUpdate
    update_strategy: replace
"""


def test_cursors_and_ranges_that_arrive_together_are_routed_together(writer: Persona) -> None:
    dag = arm(writer, manual(extra=FOLLOWED))
    start(dag, block_range=(0, 2999))

    work(tasks_of(dag, "chunks"), lambda claimed: [event(claimed, cursor=7), event(claimed, start=8, end=9)])
    publish()

    assert {task.position for task in tasks_of(dag, "follow")} == {7, 9}
