"""A name that moves from one DAG to another, and who reads it from a third."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from apps.dags import services as dags
from apps.dags.models import Dag, DagVersion
from apps.datasets import services as datasets
from apps.datasets.domain import Publication, Storage
from apps.datasets.models import Dataset, Partition, Producer
from apps.dispatch.domain import Cause, Status
from apps.dispatch.models import Invalidation, LiveJob, Pin, Route, Task
from apps.dispatch.services import arm as arm_again
from apps.platform.ports.objects import ObjectStore
from operators.sdk.words import Reason
from tests.apps.dags.makers import deploy
from tests.apps.datasets.makers import begin, do, leaves, parquet_dag
from tests.apps.datasets.test_beyond import RANGES, reading
from tests.apps.dispatch.makers import arm, claim, finish, job_of, publish, tasks_of
from tests.factories import NOON, Persona, acting, principal

pytestmark = pytest.mark.django_db
OTHER = parquet_dag("other")


def activate(writer: Persona, dag: Dag, version: DagVersion | None) -> Dag:
    """As somebody does it; the message of it is still to be heard."""
    return dags.activate(
        Dag.objects.get(pk=dag.pk), dags.Wanted(version), who=principal(writer), by=acting(writer), now=timezone.now()
    )


def take_over(writer: Persona, former: Dag) -> Dag:
    """Another DAG publishes the name, as soon as the former one has left it."""
    activate(writer, former, None)
    version = deploy(writer, OTHER, name="other")
    return activate(writer, version.dag, version)


def reader() -> LiveJob:
    return LiveJob.objects.get(dag__name="reads", build=None)


def finish_reader() -> None:
    while some := Task.objects.filter(job_id=reader().pk, status=Status.QUEUED).values_list("pk", flat=True):
        for one in claim(*some):
            finish(one)
        publish()


def redone() -> list[str]:
    return [task.partition_key for task in tasks_of(reader().dag, "sum") if task.cause == Cause.INVALIDATION]


def dags_pinned(*task_ids: UUID) -> set[str]:
    """Whose partitions they read."""
    versions = Pin.objects.filter(task_id__in=task_ids).values("version_id")
    return set(Partition.objects.filter(version_id__in=versions).values_list("version__output__dag", flat=True))


@pytest.fixture
def kept(writer: Persona, data_bucket: ObjectStore) -> Dag:
    """Three partitions, and tasks of a DAG that will read each."""
    made, claimed = begin(writer, parquet_dag(), ranges=(0, 29))
    arm(writer, reading(), name="reads")
    do(claimed, data_bucket)
    return made


@pytest.fixture
def moved(writer: Persona, kept: Dag) -> Dag:
    """The reader had read all of it before."""
    finish_reader()
    other = take_over(writer, kept)
    publish()
    return other


def test_all_that_it_made_of_the_name_is_done_again(moved: Dag) -> None:
    said = Invalidation.objects.get()
    assert (said.reason, said.only_beyond, said.generation) == (Reason.SCHEMA_CHANGE, True, job_of(moved, "leaf").generation)
    assert redone() == RANGES


def test_the_tasks_read_what_the_other_dag_makes(moved: Dag, data_bucket: ObjectStore) -> None:
    do(leaves(moved, (0, 29)), data_bucket)

    claimed = claim(*[task.pk for task in tasks_of(reader().dag, "sum") if task.cause == Cause.INVALIDATION])

    assert dags_pinned(*[one.task_id for one in claimed]) == {"other"}


@pytest.mark.usefixtures("moved")
def test_it_is_told_once(writer: Persona) -> None:
    arm(writer, OTHER + "# another text\n", name="other")
    arm(writer, reading() + "# another text\n", name="reads")

    assert Invalidation.objects.count() == 1
    assert redone() == RANGES


def test_going_back_is_told_as_well(writer: Persona, kept: Dag) -> None:
    first = kept.active
    finish_reader()
    other = take_over(writer, kept)
    publish()
    finish_reader()

    activate(writer, other, None)
    activate(writer, kept, first)
    publish()

    assert redone() == RANGES * 2


def test_what_waited_reads_what_the_other_dag_makes(writer: Persona, kept: Dag, data_bucket: ObjectStore) -> None:
    waiting = [task.pk for task in tasks_of(reader().dag, "sum")]
    other = take_over(writer, kept)
    publish()
    do(leaves(other, (0, 29)), data_bucket)

    claimed = claim(*waiting)

    assert len(claimed) == len(RANGES)
    assert dags_pinned(*waiting) == {"other"}


def test_while_nobody_publishes_it_what_waited_reads_what_there_is(writer: Persona, kept: Dag) -> None:
    waiting = [task.pk for task in tasks_of(reader().dag, "sum")]
    activate(writer, kept, None)
    publish()

    claim(*waiting)

    assert dags_pinned(*waiting) == {"kept"}


def test_nobody_listens_to_the_former_dag_though_that_was_not_armed_yet(writer: Persona, kept: Dag) -> None:
    other = take_over(writer, kept)

    arm_again(other.pk, now=timezone.now())

    assert list(Route.objects.filter(consumer=reader()).values_list("producer__dag__name", flat=True)) == ["other"]


def test_who_was_away_is_told_when_it_comes_back(writer: Persona, kept: Dag) -> None:
    finish_reader()
    dag = Dag.objects.get(name="reads")
    version = dag.active
    activate(writer, dag, None)
    publish()
    take_over(writer, kept)
    publish()
    assert redone() == []

    activate(writer, dag, version)
    publish()

    assert redone() == RANGES


def test_who_began_to_read_it_afterwards_has_made_nothing_of_the_former(writer: Persona, kept: Dag) -> None:
    take_over(writer, kept)
    publish()
    # The clock of one transaction stands still.
    Invalidation.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    said = Invalidation.objects.get()

    arm(writer, reading().replace("reads", "later", 1), name="later")

    assert not said.marks.filter(consumer__dag__name="later").exists()


def test_the_same_dag_takes_nothing_over_when_it_comes_back(writer: Persona, kept: Dag) -> None:
    version = kept.active
    activate(writer, kept, None)
    activate(writer, kept, version)
    publish()

    assert not Producer.objects.get(dataset__name="kept_blocks").took_over
    assert not Invalidation.objects.exists()


def test_it_is_known_who_was_the_last_to_publish_a_name(writer: Persona, kept: Dag) -> None:
    activate(writer, kept, None)

    assert Dataset.objects.get(name="kept_blocks").last_dag == "kept"


def test_a_further_writer_takes_nothing_over(writer: Persona) -> None:
    feed = [Publication("feed", Storage.POSTGRES, job="writes", multi_writer=True)]
    for name in ("one", "two"):
        datasets.publish(writer.org, name, feed, owner=writer.person, by=acting(writer), now=NOON)
    datasets.publish(writer.org, "one", [], owner=writer.person, by=acting(writer), now=NOON)
    datasets.publish(writer.org, "one", feed, owner=writer.person, by=acting(writer), now=NOON)

    assert not Producer.objects.filter(took_over=True).exists()
