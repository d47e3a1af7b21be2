"""What does not hold any more is done again: by whom, over what, and when it is done."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.dispatch import services
from apps.dispatch.domain import Status
from apps.dispatch.models import Cursor, Event, Invalidation, InvalidationMark, Task
from apps.platform.errors import UserError
from tests.apps.dispatch.invalid import (
    CLOCK,
    THOUSANDS,
    do_all,
    job,
    partition,
    partitioned,
    redoing,
    report,
    rows,
    say,
    scopes,
    source,
)
from tests.apps.dispatch.makers import arm, claim_one, completed, event, failed, finish, job_of, publish, tasks_of
from tests.apps.dispatch.makers import say as complete
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources of these tests are claimed by hand."""
    from apps.dispatch import effects

    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)


def test_a_reorg_redoes_the_partitions_that_it_meets_and_no_other(writer: Persona) -> None:
    dag, holder = partitioned(writer, *THOUSANDS)

    say(holder, rows(holder, 995, 1005))

    assert scopes(redoing(dag, "sink")) == [("0-999", 0, 999, "queued"), ("1000-1999", 1000, 1999, "queued")]
    first = Invalidation.objects.get()
    assert {one.dedupe_key for one in redoing(dag, "sink")} == {f"inv:{first.pk}:0-999", f"inv:{first.pk}:1000-1999"}


def test_it_is_done_when_the_last_of_them_is(writer: Persona) -> None:
    dag, holder = partitioned(writer, *THOUSANDS)
    say(holder, rows(holder, 995, 1005))
    first, second = redoing(dag, "sink")

    finish(claim_one(first.pk))
    assert Invalidation.objects.get(task_id=holder.task_id).done_at is None
    finish(claim_one(second.pk))

    assert Invalidation.objects.get(task_id=holder.task_id).done_at is not None


def test_a_consumer_whose_partitions_do_not_meet_it_has_nothing_to_do(writer: Persona) -> None:
    dag, holder = partitioned(writer, *THOUSANDS)

    say(holder, rows(holder, 5000, 6000))

    assert redoing(dag, "sink") == []
    (mark,) = InvalidationMark.objects.all()
    assert mark.task_id is None and mark.processed_at is not None
    assert Invalidation.objects.get().done_at is not None


def test_a_partition_is_met_by_its_name(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("sink", reads="clock", strategy="PerPartition"))
    holder = source(dag)
    say(holder, *[event(holder, partition_key=key) for key in ("monday", "tuesday", "10-19")])
    do_all(dag, "sink")

    say(holder, partition(holder, "monday"), partition(holder, "15-15"))

    assert [task.partition_key for task in redoing(dag, "sink")] == ["monday", "10-19"]


def test_the_operator_is_told_the_scope_and_why(writer: Persona) -> None:
    dag, holder = partitioned(writer, (0, 999), more=job("follow", reads="clock"))

    say(holder, rows(holder, 995, 1005))

    (of_partition,), (of_range,) = redoing(dag, "sink"), redoing(dag, "follow")
    (arrived,) = claim_one(of_partition.pk).task.arrived
    assert (arrived.event.start, arrived.event.end, arrived.event.partition_key, arrived.invalidation) == (
        0,
        999,
        "0-999",
        "reorg",
    )
    Task.objects.filter(pk=of_range.pk).update(handed_at=timezone.now())
    (arrived,) = claim_one(of_range.pk).task.arrived
    assert (arrived.event.start, arrived.event.end, arrived.event.partition_key, arrived.invalidation) == (
        995,
        1005,
        None,
        "reorg",
    )


def test_an_update_is_redone_in_its_place_in_the_order(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("sink", reads="clock"))
    holder = source(dag)
    say(holder, *[event(holder, cursor=at) for at in (10, 11, 30)])
    (first, second, later) = tasks_of(dag, "sink")
    for task in (first, second):
        finish(claim_one(task.pk))

    say(holder, rows(holder, 10, 20))
    finish(claim_one(later.pk))  # it was handed over already

    (again,) = redoing(dag, "sink")
    assert (again.range_start, again.range_end, again.partition_key, again.dedupe_key) == (
        10,
        20,
        "",
        f"inv:{Invalidation.objects.get().pk}",
    )
    say(holder, event(holder, cursor=40))
    assert Task.objects.get(pk=again.pk).handed_at and not tasks_of(dag, "sink")[-1].handed_at


def test_what_is_redone_moves_no_cursor_and_holds_none_when_it_is_done(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("sink", reads="clock", extra="    scaling: { max_concurrency: 3 }\n"))
    holder = source(dag)
    say(holder, event(holder, cursor=10), event(holder, cursor=11))
    one, two = tasks_of(dag, "sink")
    finish(claim_one(one.pk))
    say(holder, rows(holder, 5, 1_000_000))
    finish(claim_one(two.pk))
    assert Cursor.objects.get(job_id=job_of(dag, "sink").pk).value == 10

    (again,) = redoing(dag, "sink")
    finish(claim_one(again.pk))

    assert Cursor.objects.get(job_id=job_of(dag, "sink").pk).value == 11


def test_overlapping_ones_that_wait_become_one_task(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("sink", reads="clock"))
    holder = source(dag)

    say(holder, rows(holder, 10, 20), rows(holder, 40, 50))
    say(holder, rows(holder, 60, 70))
    assert scopes(redoing(dag, "sink")) == [("", 10, 20, "queued"), ("", 40, 50, "queued"), ("", 60, 70, "queued")]
    say(holder, rows(holder, 18, 42))

    assert scopes(redoing(dag, "sink")) == [("", 10, 50, "queued"), ("", 40, 50, "canceled"), ("", 60, 70, "queued")]
    kept = redoing(dag, "sink")[0]
    assert InvalidationMark.objects.filter(task_id=kept.pk).count() == 3
    (arrived,) = claim_one(kept.pk).task.arrived
    assert (arrived.event.start, arrived.event.end) == (10, 50)


def test_one_that_is_under_way_is_not_widened(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("sink", reads="clock"))
    holder = source(dag)
    say(holder, rows(holder, 10, 20))
    running = claim_one(redoing(dag, "sink")[0].pk)

    say(holder, rows(holder, 15, 30))

    assert scopes(redoing(dag, "sink")) == [("", 10, 20, "running"), ("", 15, 30, "queued")]
    assert redoing(dag, "sink")[1].handed_at is None
    finish(running)
    assert redoing(dag, "sink")[1].handed_at is not None


def test_two_in_one_partition_that_waits_are_one_task(writer: Persona) -> None:
    dag, holder = partitioned(writer, (0, 999))

    say(holder, rows(holder, 5, 6), rows(holder, 700, 800))
    say(holder, rows(holder, 5, 700))

    (again,) = redoing(dag, "sink")
    assert len(claim_one(again.pk).task.arrived) == 1
    assert InvalidationMark.objects.filter(task_id=again.pk).count() == 3


def test_a_task_over_the_same_scope_that_runs_ends_first(writer: Persona) -> None:
    dag, holder = partitioned(writer, (0, 999))
    say(holder, event(holder, start=0, end=999), sequence=2)
    running = claim_one(next(task.pk for task in tasks_of(dag, "sink") if task.status == Status.QUEUED))

    say(holder, rows(holder, 5, 6))

    (again,) = redoing(dag, "sink")
    assert again.handed_at is None
    finish(running)
    assert redoing(dag, "sink")[0].handed_at is not None


def test_a_bulk_job_takes_it_in(writer: Persona) -> None:
    dag = arm(writer, CLOCK + job("sink", reads="clock", strategy="Bulk"))
    holder = source(dag)

    say(holder, event(holder, cursor=5), sequence=1)
    say(holder, rows(holder, 1, 3), sequence=2)

    (task,) = tasks_of(dag, "sink")
    held = claim_one(task.pk)
    assert [(one.event.cursor, one.event.start, one.invalidation) for one in held.task.arrived] == [
        (5, None, None),
        (None, 1, "reorg"),
    ]
    finish(held)
    assert Invalidation.objects.get(task_id=holder.task_id).done_at is not None


def test_it_is_written_once_whoever_repeats_it(writer: Persona) -> None:
    dag, holder = partitioned(writer, (0, 999))

    for _ in range(2):
        say(holder, rows(holder, 5, 6), sequence=7)
        say(holder, rows(holder, 5, 6))

    assert Invalidation.objects.count() == 2  # with a number of the report, and without
    assert len(redoing(dag, "sink")) == 1


def test_one_that_ends_may_take_back_what_it_said(writer: Persona) -> None:
    dag, _ = partitioned(writer, (0, 999), more=job("last", reads="sink"))
    (task,) = tasks_of(dag, "sink")
    (again,) = services.rerun_tasks([task.pk], alone=False, made_by=None)
    publish()
    held = claim_one(again.id)
    said = completed(held, rows(held, 1, 2, reason="correction"))

    complete(held, said)
    complete(held, said)
    publish()

    assert scopes(redoing(dag, "last")) == [("", 1, 2, "queued")]


def test_a_foreign_output_cannot_be_invalidated(writer: Persona) -> None:
    dag, holder = partitioned(writer, (0, 999))
    foreign = rows(holder, 1, 2).model_copy(update={"dataset_uuid": UUID(int=5)})

    answer = report(holder, foreign)

    assert isinstance(answer, UserError) and answer.code == "foreign_output"
    assert not Invalidation.objects.exists() and not redoing(dag, "sink")


def test_a_stale_attempt_invalidates_nothing(writer: Persona) -> None:
    _dag, holder = partitioned(writer, (0, 999))
    Task.objects.filter(pk=holder.task_id).update(attempt=2)

    answer = report(holder, rows(holder, 1, 2))

    assert isinstance(answer, UserError) and answer.code == "stale_fence"
    assert not Invalidation.objects.exists()


def test_a_failed_consumer_leaves_it_open_until_its_task_is_done(writer: Persona) -> None:
    dag, holder = partitioned(writer, (0, 999))
    say(holder, rows(holder, 1, 2))
    (again,) = redoing(dag, "sink")
    held = claim_one(again.pk)
    complete(held, failed(held, retryable=False))
    assert Invalidation.objects.get().done_at is None

    (after,) = services.rerun_tasks([again.pk], alone=False, made_by=None)
    assert InvalidationMark.objects.get().task_id == after.id
    held = claim_one(after.id)
    assert held.task.arrived[0].invalidation == "reorg"
    finish(held)

    assert Invalidation.objects.get(task_id=holder.task_id).done_at is not None


def test_a_rerun_alone_does_not_do_it(writer: Persona) -> None:
    dag, holder = partitioned(writer, (0, 999))
    say(holder, rows(holder, 1, 2))
    (again,) = redoing(dag, "sink")
    held = claim_one(again.pk)
    complete(held, failed(held, retryable=False))

    (alone,) = services.rerun_tasks([again.pk], alone=True, made_by=None)
    finish(claim_one(alone.id))

    assert Invalidation.objects.get().done_at is None


def test_a_paused_consumer_leaves_it_open(writer: Persona) -> None:
    dag, holder = partitioned(writer, (0, 999))
    services.pause_job(job_of(dag, "sink"), now=timezone.now())

    say(holder, rows(holder, 1, 2))

    (again,) = redoing(dag, "sink")
    assert again.handed_at is None
    assert Invalidation.objects.get().done_at is None


def test_an_event_alone_is_no_invalidation(writer: Persona) -> None:
    dag, holder = partitioned(writer, (0, 999))

    say(holder, rows(holder, 1, 2), event(holder, start=5000, end=5999))

    assert Event.objects.filter(range_start=5000).count() == 1
    assert not Event.objects.filter(range_start=1).exists()
    assert sorted(task.partition_key for task in tasks_of(dag, "sink") if task.status == Status.QUEUED) == ["0-999", "5000-5999"]


def test_partitions_that_wait_take_in_any_number_in_few_statements(writer: Persona) -> None:
    keys = [(at, at + 9) for at in range(0, 300, 10)]
    dag = arm(writer, CLOCK + job("sink", reads="clock", strategy="PerPartition"))
    holder = source(dag)
    say(holder, *[event(holder, start=start, end=end) for start, end in keys])
    do_all(dag, "sink")
    say(holder, *[rows(holder, *key) for key in keys], sequence=2)
    before = redoing(dag, "sink")
    report(holder, *[rows(holder, start, end - 1, reason="correction") for start, end in keys], sequence=3)

    with CaptureQueriesContext(connection) as asked:
        services.plan_invalidations()

    assert len(asked) < len(keys)
    assert [one.pk for one in redoing(dag, "sink")] == [one.pk for one in before] and len(before) == len(keys)
    assert {one.invalidation_id for one in InvalidationMark.objects.filter(task_id=before[-1].pk)} == {
        one.pk for one in Invalidation.objects.filter(range_start=290)
    }
