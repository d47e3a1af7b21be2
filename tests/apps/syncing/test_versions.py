"""A stream over versions of its DAG: the same definition goes on where it is, another begins anew."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.dags.models import Build, Dag
from apps.dispatch.models import Task
from apps.syncing import services
from apps.syncing.models import SyncRange, SyncStream
from tests.apps.dispatch.makers import publish
from tests.apps.syncing.makers import begin, break_down, do, fixed, ledger, redeploy, stream_of, switch, syncing, take, waiting
from tests.factories import Persona

pytestmark = pytest.mark.django_db


def test_another_version_with_the_same_definition_goes_on_with_the_same_ranges(writer: Persona) -> None:
    dag = begin(writer)
    do(take(stream_of(dag), 1))
    before = list(SyncRange.objects.order_by("pk").values_list("pk", "task_id"))

    redeploy(writer, dag, syncing(inflight=3, extra="    # a remark\n"))

    assert list(SyncRange.objects.order_by("pk").values_list("pk", "task_id")) == before
    assert Task.objects.count() == len(before)


def test_a_larger_max_inflight_is_filled_at_once(writer: Persona) -> None:
    dag = begin(writer)

    redeploy(writer, dag, syncing(inflight=5))

    assert len(ledger(stream_of(dag))) == len(waiting(stream_of(dag))) == 5


def test_a_later_end_goes_on_and_keeps_to_where_ranges_begin(writer: Persona) -> None:
    dag = begin(writer, syncing(fixed(0, 2500), inflight=10))
    do(take(stream_of(dag)))
    done = stream_of(dag).state

    redeploy(writer, dag, syncing(fixed(0, 4000), inflight=10))

    assert done == "done"
    assert ledger(stream_of(dag)) == [(0, 999), (1000, 1999), (2000, 2499), (2500, 2999), (3000, 3999)]
    assert stream_of(dag).state == "running"


def test_an_earlier_beginning_is_filled_without_touching_what_is_there(writer: Persona) -> None:
    dag = begin(writer, syncing(fixed(2500, 4500), inflight=10))

    redeploy(writer, dag, syncing(fixed(0, 4500), inflight=10))

    assert ledger(stream_of(dag)) == [(0, 999), (1000, 1999), (2000, 2499), (2500, 3499), (3500, 4499)]
    assert stream_of(dag).cursor == 4500


def test_a_later_beginning_leaves_what_lies_between_alone(writer: Persona) -> None:
    dag = begin(writer, syncing(fixed(0, 10_000), inflight=2))

    redeploy(writer, dag, syncing(fixed(5000, 10_000), inflight=4))

    assert ledger(stream_of(dag)) == [(0, 999), (1000, 1999), (5000, 5999), (6000, 6999)]
    assert stream_of(dag).cursor == 7000


def test_a_changed_definition_begins_anew(writer: Persona) -> None:
    dag = begin(writer)

    redeploy(writer, dag, syncing(chunk=2000))

    assert SyncStream.objects.count() == 2
    assert ledger(stream_of(dag)) == [(0, 1999), (2000, 3999), (4000, 5999)]
    assert Task.objects.filter(status="canceled").count() == 3


def test_a_rollback_goes_on_where_it_was_with_what_was_dropped_and_no_range_twice(writer: Persona) -> None:
    dag = begin(writer)
    first = Dag.objects.get(pk=dag.pk).active
    stream = stream_of(dag)
    done, lost, *_ = take(stream, 2)
    do([done])
    redeploy(writer, dag, syncing(chunk=2000))

    switch(writer, dag, first)

    stream = stream_of(dag)
    assert ledger(stream) == [(0, 999), (1000, 1999), (2000, 2999), (3000, 3999)]
    assert (stream.ranges, stream.ranges_done) == (4, 1)
    # The one that ran has another task, which is not handed out while the old one is at it.
    assert [one.range_start for one in waiting(stream)] == [1000, 2000]
    assert lost.task_id not in {one.pk for one in waiting(stream)}


def test_a_dag_that_is_switched_off_and_on_again_loses_nothing(writer: Persona) -> None:
    dag = begin(writer, syncing(fixed(0, 4000), inflight=2))
    first = Dag.objects.get(pk=dag.pk).active
    do(take(stream_of(dag)))

    switch(writer, dag, None)
    services.look_after_all(now=timezone.now())
    off = Task.objects.filter(status="queued").count()
    switch(writer, dag, first)
    do(take(stream_of(dag)))

    assert off == 0
    assert ledger(stream_of(dag), state="done") == [(0, 999), (1000, 1999), (2000, 2999), (3000, 3999)]
    assert stream_of(dag).state == "done"


def test_what_has_failed_stays_failed_over_a_rollback(writer: Persona) -> None:
    dag = begin(writer, syncing(fixed(0, 1000)))
    first = Dag.objects.get(pk=dag.pk).active
    break_down(take(stream_of(dag)))
    switch(writer, dag, None)

    switch(writer, dag, first)

    assert stream_of(dag).ranges_failed == 1 and stream_of(dag).state == "stalled"


class TestAVersionThatIsBuilt:
    """As where partitions are kept: the rebuild is asked for as the product asks for it."""

    @pytest.fixture
    def built(self, writer: Persona) -> tuple[Dag, Build]:
        from apps.dags.domain import Cutover
        from apps.dags.models import DagVersion
        from apps.dags.selectors import deployed_meaning
        from apps.dags.services.building import begin_build
        from tests.apps.dags.makers import deploy
        from tests.factories import acting

        dag = begin(writer, syncing(fixed(0, 3000), inflight=2))
        version: DagVersion = deploy(writer, syncing(fixed(0, 3000), chunk=1500, inflight=1), name="chain")
        build = Build(
            dag=dag,
            version=version,
            scope=["main_blocks"],
            cutover=Cutover.AUTO.value,
            made_by=writer.person,
            made_at=timezone.now(),
        )
        begin_build(build, deployed_meaning(version), by=acting(writer))
        publish()
        return dag, build

    def test_both_are_planned_beside_each_other(self, built: tuple[Dag, Build]) -> None:
        dag, _ = built

        assert {len(ledger(one)) for one in SyncStream.objects.at_work().filter(dag=dag)} == {1, 2}

    def test_it_takes_over_when_its_stream_has_all_and_not_between_two_ranges(self, built: tuple[Dag, Build]) -> None:
        dag, build = built
        old, new = SyncStream.objects.filter(dag=dag).order_by("pk").defer("covered")
        do(take(new))
        between = Build.objects.get(pk=build.pk).state

        do(take(new))

        assert between == "building"
        assert Build.objects.get(pk=build.pk).state == "done"
        stream = stream_of(dag)
        assert stream.pk == new.pk and stream.state == "done"
        assert SyncStream.objects.get(pk=old.pk).job_id is None
        assert len(ledger(stream)) == 2
