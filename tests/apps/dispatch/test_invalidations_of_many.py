"""What meets too many partitions is planned in several transactions; whoever looks in between sees none of it as done."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.dags.models import Dag
from apps.dispatch import services
from apps.dispatch.domain import EVERYTHING
from apps.dispatch.models import Event, Invalidation, InvalidationMark, Task
from apps.dispatch.services import redoing as planning
from apps.outbox.models import Message
from operators.sdk.words import Reason
from tests.apps.dispatch.invalid import THOUSANDS, job, partitioned, redoing, report
from tests.apps.dispatch.makers import claim_one, event, finish, job_of, publish, tasks_of
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_bites(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.dispatch import effects

    monkeypatch.setattr(planning, "_MOST_PARTITIONS", 3)
    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)


@pytest.fixture
def dag(writer: Persona) -> Dag:
    """Four partitions of one consumer, and another that takes updates."""
    made, _ = partitioned(writer, *THOUSANDS, more=job("follow", reads="clock"))
    return made


def say_everything(dag: Dag, times: int = 1) -> None:
    clock = job_of(dag, "clock")
    one = services.Invalid(clock.org_id, clock.pk, 0, clock.generation, EVERYTHING, Reason.SCHEMA_CHANGE)
    services.write_invalidations([one] * times)


def plan_once(dag: Dag) -> None:
    planning._plan(dag.org_id, lock=planning._TRY)


def finish_all(tasks: list[Task]) -> None:
    for task in tasks:
        Task.objects.filter(pk=task.pk).update(handed_at=timezone.now())
        finish(claim_one(task.pk))


def test_each_partition_has_one_task(dag: Dag) -> None:
    say_everything(dag)

    publish()

    assert [task.partition_key for task in redoing(dag, "sink")] == ["0-999", "1000-1999", "2000-2999", "3000-3999"]
    assert len(redoing(dag, "follow")) == 1
    assert InvalidationMark.objects.filter(task_id__isnull=False).count() == 5
    assert InvalidationMark.objects.count() == 5


def test_several_at_once_share_them(dag: Dag) -> None:
    say_everything(dag, times=2)

    publish()

    assert len(redoing(dag, "sink")) == 4
    assert InvalidationMark.objects.filter(consumer=job_of(dag, "sink")).count() == 8


def test_it_is_not_done_before_all_of_it_is_planned(dag: Dag) -> None:
    say_everything(dag)
    plan_once(dag)
    begun = redoing(dag, "sink")
    assert len(begun) == 3

    finish_all([*begun, *redoing(dag, "follow")])
    services.settle_open()
    assert Invalidation.objects.get(only_beyond=False, job=job_of(dag, "clock")).done_at is None

    publish()
    (last,) = [task for task in redoing(dag, "sink") if task.pk not in {one.pk for one in begun}]
    finish_all([last])
    said = Invalidation.objects.get(job=job_of(dag, "clock"))
    assert (said.done_at is not None, said.is_partly_planned) == (True, False)
    assert len(redoing(dag, "follow")) == 1


def test_an_event_waits_for_its_beginning_alone(writer: Persona) -> None:
    """With millions of partitions nobody else's events would be routed for minutes."""
    dag, holder = partitioned(writer, *THOUSANDS)
    say_everything(dag)
    report(holder, event(holder, start=4000, end=4999))
    told = Event.objects.filter(routed_at=None).values_list("pk", flat=True)

    services.route_events(list(told))

    assert len(redoing(dag, "sink")) == 3 and Invalidation.objects.get().is_partly_planned
    assert [task.partition_key for task in tasks_of(dag, "sink") if task.range_start == 4000] == ["4000-4999"]
    report(holder, event(holder, start=5000, end=5999))
    services.route_events(list(told.all()))
    assert len(redoing(dag, "sink")) == 3 and Invalidation.objects.get().is_partly_planned
    publish()
    assert len(redoing(dag, "sink")) == 4 and Invalidation.objects.get().planned_at


def test_who_has_others_waiting_does_a_bite_and_tells_of_the_rest(dag: Dag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_MOST_PARTITIONS", 1)
    say_everything(dag)
    Message.objects.all().delete()

    services.plan_a_round()

    # The first with what is new, the second with what is begun.
    assert len(redoing(dag, "sink")) == 2
    assert Message.objects.filter(kind="invalidated").count() == 1
    publish()
    assert len(redoing(dag, "sink")) == 4


def test_as_many_as_fit_are_not_looked_for_again(dag: Dag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_MOST_PARTITIONS", len(THOUSANDS))
    say_everything(dag)

    publish()

    assert len(redoing(dag, "sink")) == 4
    assert Invalidation.objects.get(job=job_of(dag, "clock")).planned_at is not None
