"""A version that makes anew what readers have: built beside the active one, and then in its place, all at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import Record
from apps.dags import services as dags
from apps.dags.domain import BuildState, Cutover
from apps.dags.models import Activation, Build, Dag, DagVersion
from apps.dags.selectors import open_build
from apps.datasets.models import Dataset, Partition, Version
from apps.dispatch import services as dispatch
from apps.dispatch.domain import Cause, Status
from apps.dispatch.models import LiveJob, OperatorState, Task
from apps.platform.contracts import Claimed, Completion, Ending, StateWrite
from apps.platform.errors import Conflict, Forbidden
from apps.platform.ports.objects import ObjectStore
from tests.apps.dags.makers import deploy
from tests.apps.datasets.makers import begin, completing, do, key_of, leaves, parquet_dag, whole
from tests.apps.dispatch.makers import claim, failed, fence, publish, say
from tests.factories import NOON, Persona, acting, principal

pytestmark = pytest.mark.django_db
LATER = parquet_dag(seconds=1)


@pytest.fixture
def dag(writer: Persona, data_bucket: ObjectStore) -> Dag:
    """Version 1 is active, with three partitions."""
    made, claimed = begin(writer, parquet_dag(), ranges=(0, 29))
    do(claimed, data_bucket)
    return made


def build(writer: Persona, dag: Dag, *, text: str = LATER, cutover: Cutover = Cutover.AUTO) -> DagVersion:
    version = deploy(writer, text, name="kept")
    wanted = dags.Wanted(version, cutover)
    dags.activate(dag, wanted, who=principal(writer), by=acting(writer), now=timezone.now())
    publish()
    return version


def go_back(writer: Persona, dag: Dag, version: DagVersion | None) -> None:
    dag = Dag.objects.get(pk=dag.pk)
    dags.activate(dag, dags.Wanted(version), who=principal(writer), by=acting(writer), now=timezone.now())
    publish()


def queued(cause: Cause = Cause.REBUILD) -> list[Claimed]:
    return claim(*Task.objects.filter(cause=cause, status=Status.QUEUED).values_list("pk", flat=True))


def read() -> list[tuple[str, int]]:
    """What a reader gets: partition and the version of the DAG that made it."""
    output = Dataset.objects.get(name="kept_blocks").output
    assert output is not None
    pieces = Partition.objects.filter(version=output.current, superseded_at__isnull=True).order_by("range_start")
    numbers = {
        str(one.pk): number for number, one in enumerate(Version.objects.filter(output=output).order_by("created_at"), start=1)
    }
    return [(one.key, numbers[str(one.version_id)]) for one in pieces]


def active_number(dag: Dag) -> int | None:
    dag = Dag.objects.select_related("active").get(pk=dag.pk)
    return dag.active.number if dag.active else None


OLD = [("0-9", 1), ("10-19", 1), ("20-29", 1)]
NEW = [("0-9", 2), ("10-19", 2), ("20-29", 2)]


class TestWhileItIsBuilt:
    def test_the_active_version_goes_on(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag)
        first, *_ = queued()

        do([first], data_bucket)

        assert (active_number(dag), read()) == (1, OLD)

    def test_its_tasks_are_planned_from_what_is_kept(self, writer: Persona, dag: Dag) -> None:
        build(writer, dag)

        assert sorted(key_of(one) for one in queued()) == ["0-9", "10-19", "20-29"]

    def test_they_are_planned_once_however_often_it_is_looked_at(self, writer: Persona, dag: Dag) -> None:
        build(writer, dag)
        Build.objects.update(planned_at=None)

        dispatch.advance_open_builds()

        assert len(queued()) == 3

    def test_what_comes_is_made_by_the_active_version_alone(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag)

        do(leaves(dag, (30, 39)), data_bucket)

        assert read() == [*OLD, ("30-39", 1)]
        assert len(queued()) == 3

    def test_another_activation_ends_it(self, writer: Persona, dag: Dag) -> None:
        build(writer, dag)
        build(writer, dag, text=parquet_dag(seconds=2))

        assert list(Build.objects.order_by("id").values_list("state", flat=True)) == [BuildState.ABANDONED, BuildState.BUILDING]
        assert Task.objects.filter(cause=Cause.REBUILD, status=Status.CANCELED).count() == 3
        assert len(queued()) == 3

    def test_a_task_that_failed_for_good_holds_it_up(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag)
        first, *others = queued()
        say(first, failed(first, retryable=False))
        do(others, data_bucket)

        assert (active_number(dag), open_build(dag).state) == (1, BuildState.BUILDING)  # type: ignore[union-attr]


class TestWhenItIsReady:
    def test_it_takes_over_by_itself(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag)
        do(queued(), data_bucket)

        assert (active_number(dag), read(), open_build(dag)) == (2, NEW, None)

    def test_it_waits_where_it_was_told_to(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag, cutover=Cutover.MANUAL)
        do(queued(), data_bucket)
        assert (active_number(dag), read(), open_build(dag).state) == (1, OLD, BuildState.READY)  # type: ignore[union-attr]

        dags.cut_over(dag, who=principal(writer), by=acting(writer), now=timezone.now())

        assert (active_number(dag), read()) == (2, NEW)

    def test_what_came_meanwhile_is_made_anew_as_well(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag)
        planned = queued()
        do(leaves(dag, (30, 39)), data_bucket)
        do(planned, data_bucket)
        assert read() == NEW

        do(queued(), data_bucket)

        assert read() == [*NEW, ("30-39", 2)]

    def test_what_comes_afterwards_is_its_own(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag)
        do(queued(), data_bucket)

        do(leaves(dag, (30, 39)), data_bucket)

        assert read() == [*NEW, ("30-39", 2)]

    def test_what_its_jobs_remember_goes_on(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag)
        first, *others = queued()
        done = completing(first, whole(first, data_bucket)).model_copy(
            update={"state": StateWrite(revision=0, value={"seen": 3})}
        )
        say(first, done)
        do(others, data_bucket)

        job = LiveJob.objects.get(dag=dag, name="leaf", build=None)
        assert OperatorState.objects.get(job_id=job.pk, generation=job.generation).value == {"seen": 3}

    def test_what_it_made_before_can_be_made_again(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag)
        first, *others = queued()
        do([first, *others], data_bucket)

        (created,) = dispatch.rerun_tasks([first.task_id], alone=False, made_by=None)
        do(claim(created.id), data_bucket)

        made_again = Partition.objects.get(task_id=created.id)
        assert (made_again.key, made_again.superseded_at, read()) == (key_of(first), None, NEW)

    def test_its_jobs_leave_no_door_open(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag)
        do(queued(), data_bucket)

        assert not LiveJob.objects.filter(build__isnull=False, job__isnull=False).exists()


class TestGoingBack:
    def test_points_readers_at_what_they_had(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        first = dag.active
        build(writer, dag)
        do(queued(), data_bucket)

        go_back(writer, dag, first)

        assert (active_number(dag), read()) == (1, OLD)

    def test_makes_nothing_again_that_it_has_made(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        first = dag.active
        second = build(writer, dag)
        do(queued(), data_bucket)
        assert queued() == []

        for version in (first, second, first):
            go_back(writer, dag, version)
            assert queued() == []

        assert read() == OLD
        assert Partition.objects.filter(superseded_at__isnull=False).count() == 0

    def test_makes_what_it_missed(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        first = dag.active
        build(writer, dag)
        do(queued(), data_bucket)
        do(leaves(dag, (30, 39)), data_bucket)

        go_back(writer, dag, first)
        do(queued(), data_bucket)

        assert read() == [*OLD, ("30-39", 1)]

    def test_and_forth_again_loses_nothing(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        first = dag.active
        second = build(writer, dag)
        do(queued(), data_bucket)
        for version, (low, high) in ((first, (30, 39)), (second, (40, 49)), (first, (50, 59))):
            go_back(writer, dag, version)
            do(queued(), data_bucket)
            do(leaves(Dag.objects.get(pk=dag.pk), (low, high)), data_bucket)

        assert [key for key, number in read() if number == 1] == ["0-9", "10-19", "20-29", "30-39", "40-49", "50-59"]

    def test_takes_up_what_was_dropped_when_it_was_left(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        first = dag.active
        unfinished = leaves(dag, (30, 39))
        build(writer, dag)
        do(queued(), data_bucket)
        say(unfinished[0], Completion(**fence(unfinished[0]), status=Ending.CANCELED))
        # As if all of it had come long before: no event leads to it, only the task that was canceled then.
        later = timezone.now() + timedelta(hours=1)
        Activation.objects.filter(before=first).update(made_at=later)
        Task.objects.filter(pk=unfinished[0].task_id).update(cancel_requested_at=later)

        go_back(writer, dag, first)

        assert [key_of(one) for one in queued()] == ["30-39"]

    def test_cancels_what_the_abandoned_version_was_doing(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        first = dag.active
        build(writer, dag)
        do(queued(), data_bucket)
        late = next(one for one in leaves(dag, (30, 39)) if key_of(one) == "30-39")

        go_back(writer, dag, first)

        answer = say(late, completing(late, whole(late, data_bucket)))
        assert isinstance(answer, Conflict)
        assert read() == OLD


class TestWhatReadersWouldLose:
    def test_is_not_taken_from_them_without_a_word(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag)
        *most, last = queued()
        do(most, data_bucket)
        dispatch.cancel_tasks([last.task_id])
        say(last, Completion(**fence(last), status=Ending.CANCELED))
        publish()

        waiting = open_build(dag)
        assert waiting is not None and (waiting.state, active_number(dag), read()) == (BuildState.READY, 1, OLD)
        assert "20 of 30 blocks" in waiting.problem

    def test_is_theirs_to_give_up(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag)
        *most, last = queued()
        do(most, data_bucket)
        dispatch.cancel_tasks([last.task_id])
        say(last, Completion(**fence(last), status=Ending.CANCELED))
        publish()

        dags.cut_over(dag, who=principal(writer), by=acting(writer), now=timezone.now())

        assert active_number(dag) == 2


class TestGivingUp:
    def test_leaves_the_active_version_as_it_was(self, writer: Persona, dag: Dag) -> None:
        build(writer, dag)
        claimed = queued()

        dags.abandon_build(dag, who=principal(writer), by=acting(writer), now=NOON)
        publish()

        assert (active_number(dag), read(), open_build(dag)) == (1, OLD, None)
        assert not Task.objects.filter(cause=Cause.REBUILD, status=Status.QUEUED).exists()
        assert Task.objects.filter(pk__in=[one.task_id for one in claimed], cancel_requested_at__isnull=True).count() == 0
        assert Record.objects.filter(action="dag.abandon").count() == 1

    def test_late_results_are_read_by_nobody(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag)
        first, *_ = queued()
        dags.abandon_build(dag, who=principal(writer), by=acting(writer), now=NOON)
        publish()

        say(first, completing(first, whole(first, data_bucket)))

        assert read() == OLD


class TestWhoMay:
    def test_reader_may_not(self, writer: Persona, reader: Persona, dag: Dag) -> None:
        build(writer, dag, cutover=Cutover.MANUAL)

        for act in (dags.cut_over, dags.abandon_build):
            with pytest.raises(Forbidden):
                act(dag, who=principal(reader), by=acting(reader), now=NOON)

    def test_nothing_is_cut_over_before_it_is_ready(self, writer: Persona, dag: Dag) -> None:
        build(writer, dag, cutover=Cutover.MANUAL)

        with pytest.raises(Conflict, match="not ready"):
            dags.cut_over(dag, who=principal(writer), by=acting(writer), now=NOON)

    def test_nor_where_nothing_is_built(self, writer: Persona, dag: Dag) -> None:
        with pytest.raises(Conflict, match="No version"):
            dags.cut_over(dag, who=principal(writer), by=acting(writer), now=NOON)


def test_a_version_that_changes_nothing_kept_is_active_at_once(writer: Persona, dag: Dag) -> None:
    build(writer, dag, text=parquet_dag() + "\n# another text\n")

    assert (active_number(dag), read()) == (2, OLD)


def test_nothing_kept_yet_is_nothing_to_wait_for(writer: Persona) -> None:
    made, _ = begin(writer, parquet_dag(), ranges=(0, 9))

    build(writer, made)

    assert active_number(made) == 2


def two_jobs(first: int, second: int) -> str:
    """`leaf` and `top`, which reads it, both kept."""
    return parquet_dag(seconds=first).replace(
        "publish:\n",
        f"""  - name: top
    activation: reactive
    runtime: ecs_platform
    operator: sleep
    outputs: 1
    inputs: [{{ from: {{ job: leaf }} }}]
    execution_strategy: PerPartition
    update_strategy: replace
    config: {{ seconds: {second} }}
publish:
  tops: {{ from: {{ job: top }} }}
""",
    )


def test_what_a_rebuild_made_is_kept_for_the_next_one(writer: Persona, data_bucket: ObjectStore) -> None:
    made, claimed = begin(writer, two_jobs(0, 0), ranges=(0, 29))
    do(claimed, data_bucket)
    do(claim(*Task.objects.filter(status=Status.QUEUED).values_list("pk", flat=True)), data_bucket)
    build(writer, made, text=two_jobs(1, 0))
    for _ in ("leaf", "top"):
        do(claim(*Task.objects.filter(status=Status.QUEUED).values_list("pk", flat=True)), data_bucket)
    assert active_number(made) == 2

    build(writer, made, text=two_jobs(1, 1))
    planned = Task.objects.filter(job_id__in=LiveJob.objects.filter(build=open_build(made)).values("pk"))

    assert sorted(planned.values_list("partition_key", flat=True)) == ["0-9", "10-19", "20-29"]
    do(queued(), data_bucket)
    assert active_number(made) == 3
