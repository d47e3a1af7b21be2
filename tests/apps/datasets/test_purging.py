"""What nobody reads any more is given up for good; what anybody might still read stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.utils import timezone

from apps.audit.domain import Subject
from apps.audit.models import Record
from apps.dags import services as dags
from apps.dags.domain import Cutover
from apps.dags.models import Dag, DagVersion
from apps.dags.selectors import open_build
from apps.datasets.models import Output, Partition, Purge, Version
from apps.dispatch import services as dispatch
from apps.dispatch.domain import Cause, Status
from apps.dispatch.models import Pin, Task
from apps.dispatch.services import purging
from apps.platform.contracts import Claimed, CompletionAnswer
from apps.platform.errors import Conflict, Transient
from apps.platform.ports.objects import ObjectStore
from apps.runs.selectors import Unwanted, purge_preview
from apps.runs.services import purge
from tests.apps.dags.makers import deploy
from tests.apps.datasets.makers import begin, completing, current, parquet_dag, split, whole
from tests.apps.dispatch.makers import claim, publish, say, start, tasks_of
from tests.factories import Persona, acting, principal
from tests.waiting import eventually

# A purge waits for transactions that were open when it began: a test that is one itself would wait for itself.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "data"])
LATER = parquet_dag(seconds=1)


@pytest.fixture
def dag(writer: Persona, data_bucket: ObjectStore) -> Dag:
    made, claimed = begin(writer, parquet_dag(), ranges=(0, 29))
    do(claimed, data_bucket)
    return made


def do(claimed: Sequence[Claimed], store: ObjectStore) -> None:
    for one in claimed:
        assert isinstance(say(one, completing(one, whole(one, store))), CompletionAnswer)
    publish()


def again(dag: Dag, store: ObjectStore) -> None:
    """Each partition once more: what was there is superseded."""
    done = [task.pk for task in tasks_of(dag, "leaf") if task.status == Status.COMPLETED]
    created = dispatch.rerun_tasks(done, alone=False, made_by=None)
    do(claim(*[one.id for one in created]), store)


def build(writer: Persona, dag: Dag, store: ObjectStore) -> DagVersion:
    """Another version takes over."""
    version = deploy(writer, LATER, name="kept")
    activate(writer, dag, version)
    planned = Task.objects.filter(cause=Cause.REBUILD, status=Status.QUEUED).values_list("pk", flat=True)
    do(claim(*planned), store)
    assert Dag.objects.get(pk=dag.pk).active == version
    return version


def activate(writer: Persona, dag: Dag, version: DagVersion | None) -> None:
    wanted = dags.Wanted(version, Cutover.AUTO)
    dags.activate(Dag.objects.get(pk=dag.pk), wanted, who=principal(writer), by=acting(writer), now=timezone.now())
    publish()


def output(dag: Dag) -> Output:
    return Output.objects.get(dag_id=dag.pk, job="leaf")


def oldest(dag: Dag) -> Version:
    return Version.objects.filter(output=output(dag)).earliest("created_at")


def give_up(admin: Persona, unwanted: Unwanted) -> Purge:
    return purge(Subject("dataset", str(uuid4()), "kept_blocks"), unwanted, by=acting(admin), now=timezone.now())


def superseded(dag: Dag) -> Unwanted:
    return Unwanted(output(dag), None, timezone.now())


def objects(store: ObjectStore, dag: Dag) -> list[str]:
    return [found.key for found in store.list(f"{dag.org_id}/datasets/{output(dag).pk}/")]


@pytest.fixture(autouse=True)
def alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes of the tests are at work in the same server all the time; one test is about that."""
    if request.function is not test_it_waits_for_who_was_at_work_when_it_began:
        monkeypatch.setattr(purging, "_ALL_CAN_BE_SEEN", "SELECT %(begun_in)s IS NOT NULL")


class TestWhatWasSuperseded:
    def test_goes_with_its_objects_and_what_readers_get_stays(self, admin: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        again(dag, data_bucket)
        assert len(objects(data_bucket, dag)) == 18
        told = purge_preview(superseded(dag)).going
        assert (told.partitions, told.objects, told.rows, told.held) == (3, 9, 30, 0)

        begun = give_up(admin, superseded(dag))
        publish()

        assert Partition.objects.count() == 3 and [number for _, number, _ in current()] == [2, 2, 2]
        kept = [row.prefix for row in Partition.objects.all()]
        assert len(objects(data_bucket, dag)) == 9 and all(key.startswith(tuple(kept)) for key in objects(data_bucket, dag))
        begun.refresh_from_db()
        assert begun.done_at and (begun.partitions, begun.objects_gone, begun.size_bytes) == (3, 9, told.size_bytes)
        version = oldest(dag)
        assert (version.partitions, version.rows, version.purged_at) == (3, 30, None)

    def test_stays_where_it_is_younger_than_what_was_asked_for(self, admin: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        again(dag, data_bucket)

        with pytest.raises(Conflict, match="nothing would be freed"):
            give_up(admin, Unwanted(output(dag), None, timezone.now() - timedelta(days=1)))

    def test_waits_while_an_attempt_reads_it(self, admin: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        again(dag, data_bucket)
        held = Partition.objects.filter(superseded_at__isnull=False).earliest("pk")
        reader = reading(dag, held)

        assert purge_preview(superseded(dag)).going.held == 1
        begun = give_up(admin, superseded(dag))
        finish(begun)

        begun.refresh_from_db()
        assert (begun.partitions, begun.held, begun.done_at) == (2, 1, None)
        assert data_bucket.get(held.prefix + "_manifest.json")
        Task.objects.filter(pk=reader.pk).update(status=Status.COMPLETED)
        finish(begun)
        begun.refresh_from_db()
        assert begun.done_at and not Partition.objects.filter(pk=held.pk).exists()

    def test_goes_on_where_somebody_died(self, admin: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        """After the rows were marked; then after the objects were deleted."""
        again(dag, data_bucket)
        begun = give_up(admin, superseded(dag))
        gone = Partition.objects.filter(superseded_at__isnull=False)
        gone.update(purge=begun)
        data_bucket.delete([found.key for found in data_bucket.list(gone.earliest("pk").prefix)])

        publish()

        begun.refresh_from_db()
        assert begun.done_at and begun.partitions == 3 and len(objects(data_bucket, dag)) == 9


def reading(dag: Dag, piece: Partition) -> Task:
    start(dag, block_range=(100, 109))
    (claimed,) = claim(*[task.pk for task in tasks_of(dag, "chunks") if task.status == Status.QUEUED])
    Pin.objects.create(
        task_id=claimed.task_id, attempt=claimed.attempt, input=0, version_id=piece.version_id, partition_id=piece.pk,
        key=piece.key, number=piece.number, rows=piece.rows, size_bytes=piece.size_bytes,
    )  # fmt: skip
    return Task.objects.get(pk=claimed.task_id)


def finish(begun: Purge) -> None:
    """Bite after bite, until it is done or somebody must be waited for."""
    while not Purge.objects.filter(pk=begun.pk, done_at__isnull=False).exists():
        try:
            dispatch.go_on_purging(begun.pk)
        except Transient:
            return


class TestAVersion:
    def test_that_readers_get_is_kept(self, admin: Persona, dag: Dag) -> None:
        with pytest.raises(Conflict, match="what readers get"):
            give_up(admin, Unwanted(output(dag), oldest(dag)))

    def test_that_readers_get_is_kept_where_its_dag_is_switched_off(self, admin: Persona, writer: Persona, dag: Dag) -> None:
        activate(writer, dag, None)

        with pytest.raises(Conflict, match="what readers get"):
            give_up(admin, Unwanted(output(dag), oldest(dag)))

    def test_that_is_being_built_is_kept(self, admin: Persona, writer: Persona, dag: Dag) -> None:
        activate(writer, dag, deploy(writer, LATER, name="kept"))
        newest = Version.objects.filter(output=output(dag)).latest("created_at")

        with pytest.raises(Conflict, match="being built"):
            give_up(admin, Unwanted(output(dag), newest))

    def test_that_nobody_reads_goes_whole(self, admin: Persona, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag, data_bucket)
        told = purge_preview(Unwanted(output(dag), oldest(dag)))
        assert (told.going.partitions, told.numbers) == (3, [1])

        give_up(admin, Unwanted(output(dag), oldest(dag)))
        publish()

        gone = oldest(dag)
        assert gone.purged_at and (gone.partitions, gone.rows, gone.size_bytes) == (0, 0, 0)
        assert [key for key, _, _ in current()] == ["0-9", "10-19", "20-29"] and len(objects(data_bucket, dag)) == 9
        told_after = Record.objects.get(action="dataset.purge").after
        assert told_after is not None and told_after["dag_versions"] == [1]

    def test_is_built_again_before_one_can_go_back_to_it(
        self, admin: Persona, writer: Persona, dag: Dag, data_bucket: ObjectStore
    ) -> None:
        first = dag.active
        build(writer, dag, data_bucket)
        give_up(admin, Unwanted(output(dag), oldest(dag)))
        publish()

        activate(writer, dag, first)

        assert open_build(Dag.objects.get(pk=dag.pk)) is not None
        planned = Task.objects.filter(cause=Cause.REBUILD, status=Status.QUEUED).values_list("pk", flat=True)
        do(claim(*planned), data_bucket)
        assert Dag.objects.get(pk=dag.pk).active == first
        assert (oldest(dag).purged_at, oldest(dag).partitions) == (None, 3)

    def test_is_built_again_also_when_its_build_was_given_up(
        self, admin: Persona, writer: Persona, dag: Dag, data_bucket: ObjectStore
    ) -> None:
        first = dag.active
        build(writer, dag, data_bucket)
        give_up(admin, Unwanted(output(dag), oldest(dag)))
        publish()
        activate(writer, dag, first)
        dags.abandon_build(dag, who=principal(writer), by=acting(writer), now=timezone.now())
        publish()

        activate(writer, dag, first)

        assert open_build(Dag.objects.get(pk=dag.pk)) is not None and Dag.objects.get(pk=dag.pk).active != first
        planned = Task.objects.filter(cause=Cause.REBUILD, status=Status.QUEUED).values_list("pk", flat=True)
        do(claim(*planned), data_bucket)
        assert Dag.objects.get(pk=dag.pk).active == first and oldest(dag).partitions == 3

    def test_that_goes_at_this_moment_cannot_be_gone_back_to(
        self, admin: Persona, writer: Persona, dag: Dag, data_bucket: ObjectStore
    ) -> None:
        first = dag.active
        build(writer, dag, data_bucket)
        give_up(admin, Unwanted(output(dag), oldest(dag)))

        with pytest.raises(Conflict, match="being purged"):
            activate(writer, dag, first)

    def test_takes_nothing_more(self, admin: Persona, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        """Of an attempt that ended late."""
        start(dag, block_range=(30, 39))
        late = Version.objects.filter(pk=oldest(dag).pk)
        late.update(purged_at=timezone.now())
        split(dag)
        (claimed,) = claim(*[task.pk for task in tasks_of(dag, "leaf") if task.status == Status.QUEUED])

        answer = say(claimed, completing(claimed, whole(claimed, data_bucket)))

        assert getattr(answer, "code", "") == "version_purged"

    def test_is_purged_once_at_a_time(self, admin: Persona, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        build(writer, dag, data_bucket)
        give_up(admin, Unwanted(output(dag), oldest(dag)))

        with pytest.raises(Conflict, match="under way already"):
            give_up(admin, Unwanted(output(dag), oldest(dag)))


def test_it_waits_for_who_was_at_work_when_it_began(
    admin: Persona, dag: Dag, data_bucket: ObjectStore, elsewhere: psycopg.Connection
) -> None:
    again(dag, data_bucket)
    elsewhere.execute("SELECT pg_current_xact_id()")
    begun = give_up(admin, superseded(dag))

    with pytest.raises(Transient):
        dispatch.go_on_purging(begun.pk)
    assert Partition.objects.count() == 6

    elsewhere.rollback()
    eventually(lambda: dispatch.go_on_purging(begun.pk), seconds=60)
    finish(begun)
    assert Partition.objects.count() == 3
