"""Which tasks are handed over, and when."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import connection, transaction

from apps.dispatch import services
from apps.dispatch.domain import Cause, Status
from apps.dispatch.models import LiveJob, Task
from apps.dispatch.services.creating import Wish, create_tasks
from apps.dispatch.services.handing import top_up
from apps.orgs.models import OrgQuota
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim_one, completed, finish, job_of, publish, say, start, tasks_of
from tests.factories import Persona

IN_ORDER = """  - name: one_by_one
    activation: reactive
    runtime: ecs_platform
    operator: noop
    outputs: 1
    inputs: [{ from: { job: start } }]
    execution_strategy: PerUpdate
    update_strategy: replace
"""


def handed(tasks: list[Task]) -> list[bool]:
    return [task.handed_at is not None for task in tasks]


@pytest.mark.django_db
def test_a_job_in_order_does_one_after_the_other_by_position(writer: Persona) -> None:
    dag = arm(writer, manual(extra=IN_ORDER))
    for end in (30, 10, 20):
        start(dag, block_range=(0, end))

    tasks = {int(task.position or 0): task for task in tasks_of(dag, "one_by_one")}
    assert {at: task.handed_at is not None for at, task in tasks.items()} == {30: True, 10: False, 20: False}

    finish(claim_one(tasks[30].pk))
    assert handed([Task.objects.get(pk=tasks[at].pk) for at in (10, 20)]) == [True, False]


@pytest.mark.django_db
def test_an_org_has_no_more_under_way_than_its_quota(writer: Persona) -> None:
    OrgQuota.objects.create(org=writer.org, key="tasks", limit=2)
    dag = arm(writer, manual())
    with transaction.atomic():
        create_tasks([Wish(job_of(dag, "chunks").pk, f"k{n}", Cause.EVENT, partition_key=str(n)) for n in range(4)])
        top_up([writer.org.pk])

    assert sorted(handed(tasks_of(dag, "chunks"))) == [False, False, True, True]

    first = next(task for task in tasks_of(dag, "chunks") if task.handed_at)
    finish(claim_one(first.pk))
    assert handed(tasks_of(dag, "chunks")).count(True) == 3


@pytest.mark.django_db
def test_what_is_paused_waits_and_goes_on_afterwards(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    job, (task,) = job_of(dag, "chunks"), tasks_of(dag, "chunks")
    services.pause_job(job, now=task.created_at)

    _, (refused,) = services.give([task.pk], worker_id="w")
    assert refused.reason == "Paused"
    assert handed(tasks_of(dag, "chunks")) == [False]

    services.resume_job(job)
    publish()
    assert claim_one(task.pk).attempt == 1


@pytest.mark.django_db
def test_one_job_with_much_to_do_hides_nobody(writer: Persona) -> None:
    OrgQuota.objects.create(org=writer.org, key="tasks", limit=50)
    dag = arm(writer, manual(extra=IN_ORDER))
    busy, other = job_of(dag, "one_by_one"), job_of(dag, "chunks")
    with transaction.atomic():
        create_tasks([Wish(busy.pk, f"k{n}", Cause.EVENT, position=Decimal(n)) for n in range(2_000)])
        create_tasks([Wish(other.pk, f"k{n}", Cause.EVENT, partition_key=str(n)) for n in range(3)])
        top_up([writer.org.pk])

    assert handed(tasks_of(dag, "chunks")) == [True] * 3
    assert handed(tasks_of(dag, "one_by_one")).count(True) == 1


@pytest.mark.django_db(transaction=True)
def test_a_slot_that_is_freed_while_another_task_is_made_is_not_lost(writer: Persona) -> None:
    """Whoever completes does not see the new task yet, and whoever makes it still sees the old one running."""
    dag = arm(writer, manual(extra=IN_ORDER))
    start(dag, block_range=(0, 1))
    (first,) = tasks_of(dag, "one_by_one")
    claimed = claim_one(first.pk)
    job = LiveJob.objects.get(pk=first.job_id)

    def complete_elsewhere() -> None:
        try:
            say(claimed, completed(claimed))
        finally:
            connection.close()

    other = threading.Thread(target=complete_elsewhere)
    with transaction.atomic():
        create_tasks([Wish(job.pk, "second", Cause.EVENT, position=Decimal(5))])
        top_up([writer.org.pk])
        other.start()
        other.join(0.5)
    other.join()

    assert [task.status for task in tasks_of(dag, "one_by_one")] == [Status.COMPLETED, Status.QUEUED]
    assert handed(tasks_of(dag, "one_by_one")) == [True, True]
