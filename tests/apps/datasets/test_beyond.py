"""A DAG that comes to make something else, and who reads it from another DAG."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.dags import services as dags
from apps.dags.models import Dag, DagVersion
from apps.datasets.models import Output, Partition
from apps.dispatch import services as dispatch
from apps.dispatch.domain import Cause, Status, rows_between
from apps.dispatch.models import Invalidation, LiveJob, Pin, Task
from apps.platform.ports.objects import ObjectStore
from operators.sdk.words import Reason
from tests.apps.dags.makers import deploy
from tests.apps.datasets.makers import begin, do, parquet_dag
from tests.apps.dispatch.makers import arm, claim, finish, job_of, publish, tasks_of
from tests.factories import Persona, acting, principal

pytestmark = pytest.mark.django_db
RANGES = ["0-9", "10-19", "20-29"]


def reading(strategy: str = "PerPartition") -> str:
    return f"""name: reads
jobs:
  - name: sum
    activation: reactive
    runtime: ecs_platform
    operator: noop
    outputs: 1
    inputs: [{{ from: {{ dataset: kept_blocks }} }}]
    execution_strategy: {strategy}
    update_strategy: replace
"""


@pytest.fixture
def kept(writer: Persona, data_bucket: ObjectStore) -> Dag:
    """Three partitions, and a DAG that has read each."""
    made, claimed = begin(writer, parquet_dag(), ranges=(0, 29))
    arm(writer, reading(), name="reads")
    do(claimed, data_bucket)
    finish_all()
    return made


def finish_all() -> None:
    while some := Task.objects.filter(job_id=reader_job().pk, status=Status.QUEUED).values_list("pk", flat=True):
        for one in claim(*some):
            finish(one)
        publish()


def reader_job() -> LiveJob:
    return LiveJob.objects.get(dag__name="reads", name="sum", build=None)


def redone() -> list[str]:
    """By the reader, because it was told to."""
    return [task.partition_key for task in tasks_of(reader_job().dag, "sum") if task.cause == Cause.INVALIDATION]


def turn(writer: Persona, dag: Dag, version: DagVersion | None) -> None:
    dag = Dag.objects.get(pk=dag.pk)
    dags.activate(dag, dags.Wanted(version), who=principal(writer), by=acting(writer), now=timezone.now())
    publish()


def rebuild(writer: Persona, dag: Dag, store: ObjectStore, *, seconds: int) -> DagVersion:
    version = deploy(writer, parquet_dag(seconds=seconds), name="kept")
    turn(writer, dag, version)
    do(claim(*Task.objects.filter(cause=Cause.REBUILD, status=Status.QUEUED).values_list("pk", flat=True)), store)
    assert Dag.objects.get(pk=dag.pk).active_id == version.pk
    return version


def test_all_that_it_made_of_it_is_done_again(writer: Persona, kept: Dag, data_bucket: ObjectStore) -> None:
    rebuild(writer, kept, data_bucket, seconds=1)

    assert redone() == RANGES
    said = Invalidation.objects.get(only_beyond=True)
    assert (said.reason, said.done_at) == (Reason.SCHEMA_CHANGE, None)
    finish_all()
    assert Invalidation.objects.get(only_beyond=True).done_at is not None


def test_the_tasks_are_told_of_what_the_new_version_made(writer: Persona, kept: Dag, data_bucket: ObjectStore) -> None:
    rebuild(writer, kept, data_bucket, seconds=1)

    assert Invalidation.objects.get(only_beyond=True).generation == job_of(kept, "leaf").generation


def test_its_own_consumers_were_built_with_it(writer: Persona, kept: Dag, data_bucket: ObjectStore) -> None:
    rebuild(writer, kept, data_bucket, seconds=1)
    rebuild(writer, kept, data_bucket, seconds=2)

    own = LiveJob.objects.filter(dag=kept).values("pk")
    assert not Task.objects.filter(job_id__in=own, cause=Cause.INVALIDATION).exists()


def test_going_back_is_told_as_well(writer: Persona, kept: Dag, data_bucket: ObjectStore) -> None:
    first = kept.active
    rebuild(writer, kept, data_bucket, seconds=1)
    finish_all()

    turn(writer, kept, first)

    assert redone() == RANGES * 2


def test_so_is_another_version_after_a_time_without_any(writer: Persona, kept: Dag, data_bucket: ObjectStore) -> None:
    first = kept.active
    rebuild(writer, kept, data_bucket, seconds=1)
    finish_all()

    turn(writer, kept, None)
    turn(writer, kept, first)

    assert redone() == RANGES * 2


def test_the_same_version_again_is_nothing_new(writer: Persona, kept: Dag) -> None:
    active = kept.active

    turn(writer, kept, None)
    turn(writer, kept, active)

    assert redone() == []


def test_who_begins_to_read_it_has_made_nothing_of_it(writer: Persona, data_bucket: ObjectStore) -> None:
    _, claimed = begin(writer, parquet_dag(), ranges=(0, 29))
    do(claimed, data_bucket)

    arm(writer, reading(), name="reads")
    arm(writer, reading() + "# another text\n", name="reads")

    assert not Invalidation.objects.exists()


def test_what_still_waits_reads_what_is_made_now(writer: Persona, data_bucket: ObjectStore) -> None:
    made, claimed = begin(writer, parquet_dag(), ranges=(0, 29))
    arm(writer, reading(), name="reads")
    do(claimed, data_bucket)

    rebuild(writer, made, data_bucket, seconds=1)

    assert redone() == []
    waiting = claim(*Task.objects.filter(job_id=reader_job().pk, status=Status.QUEUED).values_list("pk", flat=True))
    current = Output.objects.get(job="leaf").current_id
    assert {pin.version_id for pin in Pin.objects.all()} == {current}
    assert len(waiting) == Pin.objects.count() == 3


def test_a_key_that_is_no_range_is_read_with_everything(writer: Persona, data_bucket: ObjectStore) -> None:
    made, claimed = begin(writer, parquet_dag(), ranges=(0, 29))
    arm(writer, reading("PerUpdate"), name="reads")
    do(claimed, data_bucket)
    finish_all()
    rebuild(writer, made, data_bucket, seconds=1)
    Partition.objects.filter(key="0-9").update(key="monday", range_start=None, range_end=None)

    (everything,) = claim(*Task.objects.filter(cause=Cause.INVALIDATION).values_list("pk", flat=True))

    keys = Pin.objects.filter(task_id=everything.task_id).values_list("key", flat=True)
    assert sorted(keys) == ["10-19", "20-29", "monday"]


def test_a_key_that_is_no_range_is_part_of_everything(writer: Persona, kept: Dag, data_bucket: ObjectStore) -> None:
    Task.objects.filter(job_id=reader_job().pk, partition_key="0-9").update(
        partition_key="monday", range_start=None, range_end=None
    )

    rebuild(writer, kept, data_bucket, seconds=1)

    assert sorted(redone()) == ["10-19", "20-29", "monday"]


def test_an_update_is_told_that_everything_is_another(writer: Persona, data_bucket: ObjectStore) -> None:
    made, claimed = begin(writer, parquet_dag(), ranges=(0, 29))
    arm(writer, reading("PerUpdate"), name="reads")
    do(claimed, data_bucket)
    finish_all()

    rebuild(writer, made, data_bucket, seconds=1)

    (task,) = Task.objects.filter(cause=Cause.INVALIDATION)
    assert (task.range_start, task.range_end) == (0, 2**63 - 1)


class TestWhileAVersionIsBuilt:
    @pytest.fixture
    def built(self, writer: Persona, kept: Dag, data_bucket: ObjectStore) -> DagVersion:
        """One of three partitions is made."""
        version = deploy(writer, parquet_dag(seconds=1), name="kept")
        turn(writer, kept, version)
        (first,) = claim(Task.objects.get(cause=Cause.REBUILD, partition_key="0-9").pk)
        do([first], data_bucket)
        return version

    def invalidate(self, kept: Dag, start: int, end: int) -> None:
        """What its chunks were said to be."""
        job = job_of(kept, "chunks")
        dispatch.write_invalidations(
            [dispatch.Invalid(job.org_id, job.pk, 0, job.generation, rows_between(start, end), Reason.CORRECTION)]
        )
        publish()

    def of_candidate(self, dag: Dag) -> list[Task]:
        candidates = LiveJob.objects.filter(dag=dag, build__isnull=False).values("pk")
        return list(Task.objects.filter(job_id__in=candidates, cause=Cause.INVALIDATION))

    @pytest.mark.usefixtures("built")
    def test_what_it_has_made_it_makes_again(self, kept: Dag) -> None:
        self.invalidate(kept, 5, 15)

        assert [task.partition_key for task in self.of_candidate(kept)] == ["0-9"]

    def test_and_not_once_more_when_it_has_taken_over(self, kept: Dag, built: DagVersion, data_bucket: ObjectStore) -> None:
        self.invalidate(kept, 5, 15)
        active = Task.objects.filter(job_id=job_of(kept, "leaf").pk, cause=Cause.INVALIDATION)
        before = active.count()
        candidates = LiveJob.objects.filter(dag=kept, build__isnull=False).values_list("pk", flat=True)

        do(
            claim(*Task.objects.filter(job_id__in=list(candidates), status=Status.QUEUED).values_list("pk", flat=True)),
            data_bucket,
        )

        assert Dag.objects.get(pk=kept.pk).active_id == built.pk
        assert active.count() == before == 2
