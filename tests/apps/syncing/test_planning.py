"""Ranges of a chain up to a block: each once, so many at a time, until all of them are there."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.dispatch import services as dispatch
from apps.dispatch.models import Task
from apps.syncing import services
from apps.syncing.models import SyncRange
from apps.syncing.services import Told
from tests.apps.dispatch.makers import publish
from tests.apps.syncing.makers import begin, break_down, do, fixed, job_of, ledger, stream_of, syncing, take, waiting
from tests.factories import Persona

pytestmark = pytest.mark.django_db


def test_an_activation_plans_as_many_ranges_as_may_be_under_way(writer: Persona) -> None:
    stream = stream_of(begin(writer))

    assert ledger(stream) == [(0, 999), (1000, 1999), (2000, 2999)]
    assert [(one.partition_key, one.range_start, one.range_end) for one in waiting(stream)] == [
        ("0-999", 0, 999), ("1000-1999", 1000, 1999), ("2000-2999", 2000, 2999),
    ]  # fmt: skip
    assert (stream.state, stream.cursor, stream.target) == ("running", 3000, 10_000)


def test_a_task_is_told_its_range(writer: Persona) -> None:
    claimed, *_ = take(stream_of(begin(writer)))

    (arrived,) = claimed.task.arrived
    assert (arrived.event.start, arrived.event.end, arrived.event.partition_key) == (0, 999, "0-999")
    assert claimed.task.config == {"chain_id": 31337, "rpc_pool": "standard", "cryo_dataset_name": "blocks"}


def test_an_end_is_followed_by_the_next_range(writer: Persona) -> None:
    stream = stream_of(begin(writer))

    do(take(stream, 2))

    assert ledger(stream, state="done") == [(0, 999), (1000, 1999)]
    assert ledger(stream, state="planned") == [(2000, 2999), (3000, 3999), (4000, 4999)]


def test_the_last_range_is_as_short_as_what_is_left(writer: Persona) -> None:
    stream = stream_of(begin(writer, syncing(fixed(500, 2600), inflight=10)))

    assert ledger(stream) == [(500, 1499), (1500, 2499), (2500, 2599)]


def test_a_stream_is_done_when_every_range_is(writer: Persona) -> None:
    dag = begin(writer, syncing(fixed(0, 2000)))
    first, second = take(stream_of(dag))
    do([second])
    before = stream_of(dag).state

    do([first])

    stream = stream_of(dag)
    assert (before, stream.state, stream.cursor) == ("running", "done", 2000)
    assert (stream.ranges, stream.ranges_done, stream.blocks_done) == (2, 2, 2000)


def test_a_range_that_failed_for_good_is_counted_and_the_stream_goes_on_without_it(writer: Persona) -> None:
    dag = begin(writer)
    stream = stream_of(dag)

    break_down(take(stream, 1))

    stream = stream_of(dag)
    assert ledger(stream, state="failed") == [(0, 999)]
    assert (stream.state, stream.ranges_failed, stream.blocks_failed) == ("running", 1, 1000)
    assert "1 range has failed for good" in stream.reason
    assert ledger(stream, state="planned") == [(1000, 1999), (2000, 2999), (3000, 3999)]


def test_with_nothing_but_failed_ranges_left_it_is_stalled_and_retrying_them_ends_it(writer: Persona) -> None:
    dag = begin(writer, syncing(fixed(0, 2000)))
    first, second = take(stream_of(dag))
    do([first])
    break_down([second])
    stalled = stream_of(dag)

    dispatch.retry_tasks([second.task_id])
    publish()
    retried = stream_of(dag)
    do(take(retried))

    assert stalled.state == "stalled" and "retry" in stalled.reason
    assert (retried.state, retried.ranges_failed) == ("running", 0)
    assert stream_of(dag).state == "done"


def test_a_range_whose_task_somebody_canceled_has_failed_until_it_is_run_again(writer: Persona) -> None:
    dag = begin(writer, syncing(fixed(0, 1000)))
    (task,) = waiting(stream_of(dag))
    dispatch.cancel_tasks([task.pk])
    publish()
    canceled = stream_of(dag)
    services.look_after_all(now=timezone.now())

    dispatch.rerun_tasks([task.pk], alone=False, made_by=None)
    do(take(canceled))

    assert (canceled.state, canceled.ranges_failed) == ("stalled", 1)
    assert Task.objects.filter(generation=canceled.generation).count() == 2
    assert stream_of(dag).state == "done"


def test_a_paused_stream_plans_nothing_and_goes_on_where_it_was(writer: Persona) -> None:
    dag = begin(writer)
    claimed = take(stream_of(dag))
    dispatch.pause_job(job_of(dag), now=timezone.now())
    publish()
    do(claimed)
    paused = stream_of(dag)

    dispatch.resume_job(job_of(dag))
    publish()

    assert (paused.state, paused.ranges, paused.ranges_done) == ("paused", 3, 3)
    assert ledger(stream_of(dag), state="planned") == [(3000, 3999), (4000, 4999), (5000, 5999)]


def test_a_stream_that_is_held_back_plans_nothing_and_says_so(writer: Persona) -> None:
    dag = begin(writer)
    claimed = take(stream_of(dag))
    type(job_of(dag)).objects.filter(pk=job_of(dag).pk).update(pressed_at=timezone.now())

    do(claimed)

    stream = stream_of(dag)
    assert stream.ranges == 3 and "cannot keep up" in stream.reason


def test_what_was_lost_on_the_way_is_found_by_the_loop(writer: Persona) -> None:
    """The message of its end never came."""
    dag = begin(writer)
    stream = stream_of(dag)
    claimed = take(stream)
    Task.objects.filter(pk=claimed[0].task_id).update(status="completed")

    services.look_after_all(now=timezone.now())

    assert ledger(stream_of(dag), state="done") == [(0, 999)]
    assert stream_of(dag).ranges == 4


def test_a_message_that_comes_twice_changes_nothing(writer: Persona) -> None:
    dag = begin(writer)
    claimed = take(stream_of(dag), 1)
    do(claimed)
    before = stream_of(dag)

    services.take_told(Told(moved=[claimed[0].task_id]), now=timezone.now())

    after = stream_of(dag)
    assert (after.ranges, after.ranges_done, after.pace) == (before.ranges, before.ranges_done, before.pace)


def test_the_tables_themselves_refuse_ranges_that_meet(writer: Persona) -> None:
    stream = stream_of(begin(writer))

    for start, end in ((0, 5), (2999, 3100), (5, 4)):
        with pytest.raises(IntegrityError), transaction.atomic():
            SyncRange.objects.create(stream_id=stream.pk, start=start, end=end)


def test_every_stream_of_an_entrypoint_has_a_cursor_of_its_own(writer: Persona) -> None:
    dag = begin(writer, syncing(fixed(0, 3000), keys=("blocks", "logs"), inflight=1))

    do(take(stream_of(dag, "main_logs")))

    assert (stream_of(dag, "main_blocks").cursor, stream_of(dag, "main_logs").cursor) == (1000, 2000)


def test_a_failure_that_is_tried_again_by_itself_counts_as_under_way(writer: Persona) -> None:
    from tests.apps.dispatch.makers import failed, say

    dag = begin(writer)
    (claimed, *_) = take(stream_of(dag))
    say(claimed, failed(claimed, retryable=True))
    publish()

    stream = stream_of(dag)
    assert (stream.ranges, stream.ranges_failed) == (3, 0)


def test_no_more_than_max_inflight_are_handed_out_whatever_is_retried(writer: Persona) -> None:
    dag = begin(writer, syncing(inflight=2))
    stream = stream_of(dag)
    break_down(take(stream))
    break_down(take(stream))

    dispatch.retry_tasks(list(Task.objects.filter(status="failed").values_list("pk", flat=True)))
    publish()

    handed = Task.objects.filter(generation=stream.generation, status="queued", handed_at__isnull=False)
    assert handed.count() == 2
    assert stream_of(dag).ranges == 6
