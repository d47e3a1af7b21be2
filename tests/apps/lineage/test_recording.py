"""What is kept of each materialisation, once, and longer than its task."""

from __future__ import annotations

import pytest

from apps.dags.models import Dag
from apps.datasets.models import Partition, Version
from apps.dispatch.models import Event, Task
from apps.lineage.models import Made, MadeFrom
from apps.lineage.services import record
from apps.outbox.models import Message
from apps.platform.ports.objects import ObjectStore
from tests.apps.datasets.makers import leaves, parquet_dag
from tests.apps.dispatch.makers import arm, claim, event, finish, start, tasks_of
from tests.apps.lineage.makers import do, make_partitions, pin
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture
def dag(writer: Persona, data_bucket: ObjectStore) -> Dag:
    return make_partitions(writer, data_bucket)


def test_each_partition_says_what_made_it(dag: Dag) -> None:
    first, *_ = Made.objects.order_by("range_start")
    piece = Partition.objects.get(key="0-9")

    assert (first.dag, first.job, first.dag_version, first.operator) == (dag.name, "leaf", 1, "sleep")
    assert (first.partition_id, first.key, first.number, first.rows, first.size_bytes) == (
        piece.pk, "0-9", 1, piece.rows, piece.size_bytes,
    )  # fmt: skip
    assert (first.task_id, first.attempt, first.cause, first.root_cause) == (piece.task_id, 1, "event", "manual")
    assert first.schema_hash == Version.objects.get(pk=piece.version_id).schema_hash != ""
    assert first.started_at is not None
    assert Made.objects.count() == 3


def test_without_pins_its_inputs_are_what_arrived(dag: Dag) -> None:
    (read,) = MadeFrom.objects.filter(made__key="10-19")

    assert (read.read_as, read.dag, read.job, read.range_start, read.range_end) == ("arrived", dag.name, "chunks", 10, 19)


def test_pins_are_what_it_has_read(writer: Persona, data_bucket: ObjectStore) -> None:
    dag = make_partitions(writer, data_bucket)
    piece = Partition.objects.get(key="0-9")
    (claimed,) = leaves(dag, (30, 39))
    pin(claimed, piece, read_rows=4)

    do([claimed], data_bucket)

    (read,) = MadeFrom.objects.filter(made__key="30-39")
    assert (read.read_as, read.version_id, read.key, read.number, read.rows) == ("pinned", piece.version_id, "0-9", 1, 4)


def test_told_twice_it_is_kept_once(dag: Dag) -> None:
    before = list(Made.objects.order_by("pk").values())

    record(list(Event.objects.values_list("pk", flat=True)))

    assert list(Made.objects.order_by("pk").values()) == before
    assert MadeFrom.objects.count() == 3


def test_made_again_it_is_another_row(dag: Dag, data_bucket: ObjectStore) -> None:
    do(leaves(dag, (0, 9)), data_bucket)

    assert list(Made.objects.filter(key="0-9").order_by("number").values_list("number", flat=True)) == [1, 2]


def test_it_stays_when_its_task_is_forgotten(dag: Dag) -> None:
    Task.objects.all().delete()
    Event.objects.all().delete()

    assert Made.objects.filter(job="leaf").count() == 3


def test_a_task_that_keeps_nothing_pays_nothing(writer: Persona) -> None:
    dag = arm(writer, parquet_dag(), name="kept")
    start(dag, block_range=(0, 9))
    (claimed,) = claim(*[task.pk for task in tasks_of(dag, "chunks")])
    finish(claimed, event(claimed, start=0, end=9))

    assert not Message.objects.filter(kind="emit_lineage").exists()
