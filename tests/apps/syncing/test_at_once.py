"""Several dispatchers at the same moment: each range once."""

from __future__ import annotations

from functools import partial

import pytest
from django.utils import timezone

from apps.dispatch import services as dispatch
from apps.dispatch.models import Dedupe, Task
from apps.syncing import services
from apps.syncing.models import SyncRange, SyncStream
from apps.syncing.services import Told
from tests.apps.chains.makers import make_pools_of
from tests.apps.dags.makers import activate, deploy
from tests.apps.dispatch.makers import finish
from tests.apps.dispatch.test_invalidations_at_once import at_once
from tests.apps.syncing.makers import begin, do, fixed, ledger, stream_of, syncing, take, waiting
from tests.factories import Persona

pytestmark = pytest.mark.django_db(transaction=True)


def test_planners_that_begin_together_plan_each_range_once(writer: Persona, queue_tables: None) -> None:
    version = deploy(writer, syncing(fixed(0, 100_000), inflight=50), name="chain")
    make_pools_of(version)
    dag = activate(writer, version)
    dispatch.arm(dag.pk, now=timezone.now())

    at_once(*[lambda: services.take_up_dag(dag.pk, now=timezone.now())] * 4)

    assert SyncStream.objects.count() == 1
    assert ledger(stream_of(dag)) == [(at, at + 999) for at in range(0, 50_000, 1000)]
    assert Task.objects.count() == Dedupe.objects.count() == 50


def test_ends_loops_and_heads_at_once_neither_lose_nor_repeat_a_range(writer: Persona, queue_tables: None) -> None:
    dag = begin(writer, syncing(fixed(0, 60_000), inflight=20))
    for _ in range(2):
        claimed = take(stream_of(dag))
        for one in claimed:
            finish(one)
        ids = [one.task_id for one in claimed]
        at_once(
            partial(services.take_told, Told(moved=ids[::2]), now=timezone.now()),
            partial(services.take_told, Told(moved=ids), now=timezone.now()),
            lambda: services.look_after_all(now=timezone.now()),
            lambda: services.take_up_dag(dag.pk, now=timezone.now()),
        )

    stream = stream_of(dag)
    assert (stream.ranges, stream.ranges_done, stream.blocks_done) == (60, 40, 40_000)
    assert len(waiting(stream)) == 20
    assert ledger(stream) == [(at, at + 999) for at in range(0, 60_000, 1000)]


def test_an_activation_beside_a_planner_leaves_no_range_to_a_version_that_is_gone(writer: Persona, queue_tables: None) -> None:
    dag = begin(writer, syncing(fixed(0, 60_000), inflight=5))
    do(take(stream_of(dag)))
    activate(writer, deploy(writer, syncing(fixed(0, 60_000), inflight=5, chunk=500), name="chain"), dag=dag)

    at_once(lambda: dispatch.arm(dag.pk, now=timezone.now()), *[lambda: services.look_after_all(now=timezone.now())] * 3)
    services.look_after_all(now=timezone.now())

    for one in SyncRange.objects.select_related("stream"):
        assert one.task_id is not None
        task = Task.objects.get(pk=one.task_id)
        assert task.generation == one.stream.generation
    assert ledger(stream_of(dag)) == [(at, at + 499) for at in range(0, 2500, 500)]
