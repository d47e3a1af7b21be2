"""Data that was made, from the first event to the last commit."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from apps.dags.models import Dag
from apps.datasets.models import Partition
from apps.dispatch.domain import Cause
from apps.dispatch.models import Pin
from apps.lineage.domain import ReadAs
from apps.lineage.models import ColumnEdge, Made, MadeFrom, OutputColumns, RunEvent
from apps.platform.contracts import Claimed, CompletionAnswer
from apps.platform.ports.objects import ObjectStore
from operators.sdk.words import Derivation
from tests.apps.datasets.makers import begin, completing, parquet_dag, whole
from tests.apps.dispatch.makers import publish, say
from tests.factories import NOON, Persona


def do(claimed: Sequence[Claimed], store: ObjectStore) -> None:
    for one in claimed:
        answer = say(one, completing(one, whole(one, store)))
        assert isinstance(answer, CompletionAnswer), answer
    publish()


def make_partitions(writer: Persona, store: ObjectStore, *, ranges: tuple[int, int] = (0, 29)) -> Dag:
    """Ten blocks each, published as `kept_blocks`."""
    dag, claimed = begin(writer, parquet_dag(), ranges=ranges)
    do(claimed, store)
    return dag


def pin(claimed: Claimed, piece: Partition, *, number: int | None = None, read_rows: int | None = None) -> Pin:
    """As if the attempt had been given this piece to read, by its first input."""
    return Pin.objects.create(
        task_id=claimed.task_id, attempt=claimed.attempt, input=0, version_id=piece.version_id, partition_id=piece.pk, key=piece.key,
        number=number or piece.number, range_start=piece.range_start, range_end=piece.range_end, rows=piece.rows,
        size_bytes=piece.size_bytes, read_rows=read_rows,
    )  # fmt: skip


def one_of_each(dag: Dag) -> None:
    """A row of every table of lineage."""
    made = Made.objects.create(
        org_id=dag.org_id, event_id=uuid4(), output_id=uuid4(), version_id=uuid4(), key="0-9", number=1, task_id=uuid4(), attempt=1,
        root_id=uuid4(), dag_id=dag.pk, dag=dag.name, job="leaf", output=0, dag_version=1, generation=uuid4(), operator="sleep",
        operator_version="1.0", cause=Cause.EVENT, made_at=NOON,
    )  # fmt: skip
    MadeFrom.objects.create(
        made=made,
        input=0,
        read_as=ReadAs.PINNED,
        output_id=uuid4(),
        version_id=uuid4(),
        dag=dag.name,
        job="chunks",
        output=0,
        number=1,
    )
    version = dag.versions.get()
    OutputColumns.objects.filter(version=version).delete()
    of = OutputColumns.objects.create(version=version, job="leaf", output=0)
    ColumnEdge.objects.create(of=of, column="a", source_dataset="blocks", source_column="a", derivation=Derivation.IDENTITY)
    RunEvent.objects.create(org_id=dag.org_id, task_id=uuid4(), attempt=1, kind="START", happened_at=NOON)
