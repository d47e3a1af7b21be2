"""A job that reads what another one keeps in the object store, worked by hand."""

from __future__ import annotations

from typing import Any

from apps.dags.models import Dag
from apps.dispatch.models import Pin
from apps.platform.contracts import Claimed, CompletionAnswer
from apps.platform.ports.objects import ObjectStore
from tests.apps.datasets.makers import completing, leaves, parquet_dag, whole
from tests.apps.dispatch.makers import arm, claim, publish, say, tasks_of
from tests.factories import Persona

READER = """  - name: reader
    activation: reactive
    runtime: ecs_platform
    operator: noop
    outputs: 1
    inputs: [{ from: { job: leaf } }]
    execution_strategy: STRATEGY
    update_strategy: replace
"""


def reading_dag(strategy: str = "PerPartition", **changes: Any) -> str:
    return parquet_dag(**changes).replace("publish:", f"{READER.replace('STRATEGY', strategy)}publish:")


def committed(writer: Persona, store: ObjectStore, *, ranges: tuple[int, int], strategy: str = "PerPartition") -> Dag:
    """Partitions of ten blocks, and a task for each that nobody has claimed."""
    dag = arm(writer, reading_dag(strategy), name="kept")
    commit(dag, store, ranges)
    return dag


def commit(dag: Dag, store: ObjectStore, ranges: tuple[int, int]) -> None:
    for leaf in leaves(dag, ranges):
        answer = say(leaf, completing(leaf, whole(leaf, store)))
        assert isinstance(answer, CompletionAnswer), answer
    publish()


def readers(dag: Dag) -> list[Claimed]:
    return claim(*[task.pk for task in tasks_of(dag, "reader") if task.status == "queued"])


def pinned(claimed: Claimed) -> list[tuple[str, int]]:
    """Key and number of each, in order."""
    pins = Pin.objects.of(claimed.task_id).filter(attempt=claimed.attempt).order_by("pk")
    return list(pins.values_list("key", "number"))
