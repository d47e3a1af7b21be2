"""What was done again is itself news to those below; events that come again; versions that come back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from apps.dags.models import Dag
from apps.dispatch import services
from apps.dispatch.domain import Status
from apps.dispatch.models import Armed, Invalidation, Task
from apps.platform.contracts import Claimed
from tests.apps.dispatch.invalid import CLOCK, THOUSANDS, do_all, job, partitioned, redoing, rows, say, scopes, source
from tests.apps.dispatch.makers import arm, claim_one, event, finish, publish, tasks_of
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources of these tests are claimed by hand."""
    from apps.dispatch import effects

    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)


def redo(dag: Dag, name: str, *, emits: bool = False) -> None:
    """What waits because of an invalidation, claimed and completed; with the event of its own scope."""
    for task in redoing(dag, name):
        if task.status == Status.QUEUED:
            held = claim_one(task.pk)
            finish(held, *([event(held, start=task.range_start, end=task.range_end)] if emits else []))
            publish()


def test_what_replaces_passes_it_on_and_what_appends_ends_it(writer: Persona) -> None:
    dag = arm(
        writer,
        CLOCK
        + job("first", reads="clock")
        + job("second", reads="first", update="append", extra="    unique_key: [block_number]\n")
        + job("third", reads="second"),
    )
    holder = source(dag)

    say(holder, rows(holder, 995, 1005))
    redo(dag, "first")
    assert scopes(redoing(dag, "second")) == [("", 995, 1005, "queued")]
    redo(dag, "second")

    assert tasks_of(dag, "third") == []
    assert not Invalidation.objects.filter(done_at__isnull=True).exists()
    assert [one.reason for one in Invalidation.objects.order_by("id")] == ["reorg", "reorg"]


def test_below_a_partitioned_job_its_partitions_are_what_is_invalid(writer: Persona) -> None:
    dag, holder = partitioned(writer, *THOUSANDS, more=job("last", reads="sink"))

    say(holder, rows(holder, 995, 1005))
    redo(dag, "sink")

    assert scopes(redoing(dag, "last")) == [("", 0, 999, "queued"), ("", 1000, 1999, "queued")]


def test_the_tasks_of_a_cascade_are_one_run(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("first", reads="clock") + job("second", reads="first"))
    holder = source(dag)

    say(holder, rows(holder, 1, 2))
    redo(dag, "first")

    assert {one.root_id for one in (*redoing(dag, "first"), *redoing(dag, "second"))} == {holder.task_id}


def test_what_it_emits_anew_makes_no_second_task_below(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("first", reads="clock") + job("second", reads="first"))
    holder = source(dag)

    say(holder, rows(holder, 1, 2))
    redo(dag, "first", emits=True)

    assert scopes(tasks_of(dag, "second")) == [("", 1, 2, "queued")]
    (task,) = tasks_of(dag, "second")
    assert [one.invalidation for one in claim_one(task.pk).task.arrived] == ["reorg"]


def test_also_where_it_is_routed_after_the_task_was_claimed(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("first", reads="clock") + job("second", reads="first"))
    holder = source(dag)
    say(holder, rows(holder, 1, 2))
    (task,) = redoing(dag, "first")
    held = claim_one(task.pk)
    finish(held, event(held, start=1, end=2))
    services.plan_invalidations()
    (below,) = redoing(dag, "second")
    Task.objects.filter(pk=below.pk).update(status=Status.RUNNING)

    publish()

    assert len(tasks_of(dag, "second")) == 1


def again(holder: Claimed, *cursors: int, sequence: int) -> None:
    say(holder, *[event(holder, cursor=at) for at in cursors], sequence=sequence)


def test_a_cursor_that_comes_again_while_it_is_open_is_satisfied_by_it(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("sink", reads="clock"))
    holder = source(dag)
    again(holder, 10, 11, 12, sequence=1)
    do_all(dag, "sink")

    say(holder, rows(holder, 11, 12), sequence=2)
    again(holder, 11, 12, sequence=3)

    assert [(task.cause, task.status) for task in tasks_of(dag, "sink")][3:] == [("invalidation", "queued")]


def test_also_in_the_same_report(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("sink", reads="clock"))
    holder = source(dag)
    again(holder, 10, 11, 12, sequence=1)
    do_all(dag, "sink")

    say(holder, rows(holder, 11, 12), event(holder, cursor=11), event(holder, cursor=12), event(holder, cursor=13), sequence=2)

    later = [(task.cause, int(task.position or 0)) for task in tasks_of(dag, "sink")][3:]
    assert sorted(later) == [("event", 13), ("invalidation", 11)]


def test_a_cursor_that_comes_after_the_claim_is_another_task(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("sink", reads="clock"))
    holder = source(dag)
    again(holder, 10, 11, 12, sequence=1)
    do_all(dag, "sink")
    say(holder, rows(holder, 11, 12), sequence=2)
    said_before()
    claim_one(redoing(dag, "sink")[0].pk)

    again(holder, 11, sequence=3)

    assert [task.cause for task in tasks_of(dag, "sink")][3:] == ["invalidation", "event"]


def test_and_once_it_is_done(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("sink", reads="clock"))
    holder = source(dag)
    again(holder, 11, sequence=1)
    say(holder, rows(holder, 11, 12), sequence=2)
    do_all(dag, "sink")

    again(holder, 11, sequence=3)

    assert [task.status for task in tasks_of(dag, "sink")] == ["completed", "completed", "queued"]


def test_an_event_of_its_partition_joins_it(writer: Persona) -> None:
    dag, holder = partitioned(writer, *THOUSANDS)

    say(holder, rows(holder, 5, 6), event(holder, start=0, end=999), sequence=9)

    assert scopes([one for one in tasks_of(dag, "sink") if one.status == Status.QUEUED]) == [("0-999", 0, 999, "queued")]


def other_sink(operator: str) -> str:
    return CLOCK + job("sink", reads="clock").replace("operator: noop", f"operator: {operator}")


def said_before() -> None:
    """In a report of its own: in a test all happens at one instant."""
    Invalidation.objects.update(created_at=F("created_at") - timedelta(seconds=1))


def aged() -> None:
    """As if what was armed had been so for a while: in a test all happens at one instant."""
    Armed.objects.update(first_at=F("first_at") - timedelta(hours=1))


def test_a_version_that_comes_back_does_what_came_while_it_was_away(writer: Persona) -> None:
    dag = arm(writer, other_sink("noop"))
    holder = source(dag)
    aged()
    arm(writer, other_sink("sleep\n    config: { seconds: 0 }"))
    aged()
    say(holder, rows(holder, 10, 20))
    do_all(dag, "sink")
    assert Invalidation.objects.get(task_id=holder.task_id).done_at is not None

    arm(writer, other_sink("noop"))

    assert scopes(redoing(dag, "sink")) == [("", 10, 20, "completed"), ("", 10, 20, "queued")]
    assert Invalidation.objects.get(task_id=holder.task_id).done_at is None
    do_all(dag, "sink")
    assert not Invalidation.objects.filter(done_at__isnull=True).exists()


def test_a_version_that_comes_back_goes_on_with_what_it_had_not_done(writer: Persona) -> None:
    dag = arm(writer, other_sink("noop"))
    holder = source(dag)
    say(holder, rows(holder, 10, 20))
    assert scopes(redoing(dag, "sink")) == [("", 10, 20, "queued")]

    arm(writer, CLOCK)
    assert scopes(redoing(dag, "sink")) == [("", 10, 20, "canceled")]
    assert Invalidation.objects.get().done_at is not None
    arm(writer, other_sink("noop"))

    assert scopes(redoing(dag, "sink")) == [("", 10, 20, "canceled"), ("", 10, 20, "queued")]
    assert Invalidation.objects.get().done_at is None


def test_what_a_person_canceled_is_not_asked_for_again_by_an_activation(writer: Persona) -> None:
    dag = arm(writer, other_sink("noop"))
    holder = source(dag)
    say(holder, rows(holder, 10, 20))
    services.cancel_tasks([redoing(dag, "sink")[0].pk])
    assert Invalidation.objects.get().done_at is not None

    arm(writer, other_sink("noop").replace("interval_seconds: 1", "interval_seconds: 2"))
    arm(writer, CLOCK)
    arm(writer, other_sink("noop"))

    assert scopes(redoing(dag, "sink")) == [("", 10, 20, "canceled")]
    assert Invalidation.objects.get().done_at is not None


def test_also_where_it_ran_when_it_was_canceled(writer: Persona) -> None:
    dag = arm(writer, other_sink("noop"))
    holder = source(dag)
    say(holder, rows(holder, 10, 20))
    held = claim_one(redoing(dag, "sink")[0].pk)
    services.cancel_tasks([held.task_id])

    arm(writer, CLOCK + job("other", reads="clock"))
    arm(writer, other_sink("noop"))

    assert [task.pk for task in redoing(dag, "sink")] == [held.task_id]


def test_run_again_it_does_what_it_was_made_for_and_tells_those_below(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("first", reads="clock") + job("second", reads="first"))
    holder = source(dag)
    say(holder, rows(holder, 10, 20))
    (task,) = redoing(dag, "first")
    services.cancel_tasks([task.pk])

    (again,) = services.rerun_tasks([task.pk], alone=False, made_by=None)
    publish()
    assert Invalidation.objects.get().done_at is None
    finish(claim_one(again.id))
    publish()

    assert scopes(redoing(dag, "second")) == [("", 10, 20, "queued")]
    assert Invalidation.objects.get(task_id=holder.task_id).done_at is not None


def test_what_was_armed_later_has_nothing_to_do_again(writer: Persona) -> None:
    dag = arm(writer, CLOCK)
    holder = source(dag)
    say(holder, rows(holder, 10, 20))
    Invalidation.objects.update(created_at=F("created_at") - timedelta(hours=1))

    arm(writer, other_sink("noop"))

    assert redoing(dag, "sink") == []
    assert Invalidation.objects.get().done_at is not None
