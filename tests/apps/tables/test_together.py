"""Several tables of one task in one transaction: all of a change, or nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from apps.dags.models import Dag
from apps.datasets.domain import live_job_id
from apps.dispatch import effects
from apps.platform.contracts import Claimed
from apps.tables import services
from apps.tables.domain import Producer
from apps.tables.services import Opening
from operators.sdk.chain.decoding import BlockData, Form, blocks_table, logs_table, transactions_table
from operators.sdk.errors import InputError, Retry
from operators.sdk.rpc import Call
from operators.sdk.storing import Slot
from operators.sdk.tables import Replacement
from operators.sdk.task import Range
from tests.apps.chains.makers import make_pool
from tests.apps.dispatch.makers import arm, claim_one, tasks_of
from tests.apps.tables.makers import dataset_of
from tests.apps.tables.writing import opened
from tests.factories import Persona
from tests.fixtures.chain import Node
from tests.fixtures.data import DataPlane
from workers.child.tables import Tables

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("with_buckets")]

DOCUMENT = """name: follow
jobs:
  - name: follow
    activation: source
    runtime: ecs_platform
    operator: block_follower
    outputs: 3
    source: { kind: always_on }
    config: { chain_id: 31337, rpc_pool: demo }
publish:
  hot_blocks: { from: { job: follow, output: 0 } }
  hot_transactions: { from: { job: follow, output: 1 } }
  hot_logs: { from: { job: follow, output: 2 } }
"""
NAMES = ("hot_blocks", "hot_transactions", "hot_logs")


class Answering:
    """The wire of a child, answered by the services of the internal plane."""

    def __init__(self, held: Claimed) -> None:
        self.held = held

    def ask(self, message: dict[str, str]) -> dict[str, Any]:
        output = int(message["table"].removeprefix('"output":'))
        return {"table": opened(self.held, output).model_dump(mode="json")}


@pytest.fixture
def dag(writer: Persona, plane: DataPlane, monkeypatch: pytest.MonkeyPatch) -> Dag:
    # Claimed by hand: no host of processes is asked to start it.
    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)
    make_pool("demo", chain_id=31337)
    return arm(writer, DOCUMENT, name="follow")


@pytest.fixture
def held(dag: Dag) -> Claimed:
    return claim_one(tasks_of(dag, "follow")[-1].pk)


@pytest.fixture
def tables(held: Claimed) -> Iterator[Tables]:
    with ExitStack() as closing:
        made = tables_of(held)
        closing.callback(made.close)
        yield made


def tables_of(held: Claimed) -> Tables:
    slots = {number: Slot("", "", name, "postgres", (), "direct") for number, name in enumerate(NAMES)}
    return Tables(Answering(held), {"task_id": str(held.task_id), "attempt": held.attempt}, slots)  # type: ignore[arg-type]


@pytest.fixture
def blocks(node: Node) -> list[BlockData]:
    node.mine(6, transfers=3, tokens=2)
    numbers = [hex(number) for number in range(node.head + 1)]
    said = node.rpc.batch(
        [
            Call(method, [number, *more])
            for number in numbers
            for method, more in (("eth_getBlockByNumber", [True]), ("eth_getBlockReceipts", []))
        ]
    )
    return [BlockData(block, receipts) for block, receipts in zip(said[::2], said[1::2], strict=True)]


def changes(blocks: list[BlockData], scope: Range) -> list[Replacement]:
    made = [one(blocks, 31337, Form.TABLE) for one in (blocks_table, transactions_table, logs_table)]
    return [Replacement(output, scope, rows, "block_number") for output, rows in enumerate(made)]


def counted(plane: DataPlane, writer: Persona) -> list[int]:
    return [len(plane.rows(writer.org.pk, dataset_of(writer, name).pk)) for name in NAMES]


def test_blocks_transactions_and_logs_are_written_at_once_and_exactly(
    tables: Tables, blocks: list[BlockData], plane: DataPlane, writer: Persona
) -> None:
    tables.replace(changes(blocks, Range(0, blocks[-1].number)))

    found = plane.rows(writer.org.pk, dataset_of(writer, "hot_transactions").pk, order="block_number")
    told = {(row["block_number"], row["transaction_index"]): row for row in found}
    for one in blocks:
        for sent in one.block["transactions"]:
            row = told[one.number, int(sent["transactionIndex"], 16)]
            assert row["value_binary"] == int(sent["value"], 16)
            assert row["transaction_hash"] == bytes.fromhex(sent["hash"][2:])
            assert row["_producer_task"]
    assert counted(plane, writer) == [len(blocks), len(found), sum(len(r["logs"]) for one in blocks for r in one.receipts or ())]


def test_a_range_is_replaced_in_all_of_them(tables: Tables, blocks: list[BlockData], plane: DataPlane, writer: Persona) -> None:
    tables.replace(changes(blocks, Range(0, blocks[-1].number)))
    tables.replace(changes(blocks[:3], Range(0, blocks[-1].number)))

    assert counted(plane, writer)[0] == 3
    tables.replace(changes([], Range(0, 2**63 - 1)))
    assert counted(plane, writer) == [0, 0, 0]


def test_a_row_that_does_not_fit_keeps_all_tables_as_they_were(
    tables: Tables, blocks: list[BlockData], plane: DataPlane, writer: Persona
) -> None:
    tables.replace(changes(blocks[:2], Range(0, 1)))
    before = counted(plane, writer)

    with pytest.raises(InputError, match="not within 0 to 1"):
        tables.replace(changes(blocks[:4], Range(0, 1)))
    twice = changes([blocks[3], blocks[3]], Range(3, 3))
    with pytest.raises(InputError, match="Nothing was written"):
        tables.replace(twice)
    assert counted(plane, writer) == before


def test_an_attempt_that_was_overtaken_writes_nothing_of_it(
    dag: Dag, held: Claimed, tables: Tables, blocks: list[BlockData], plane: DataPlane, writer: Persona
) -> None:
    tables.replace(changes(blocks[:2], Range(0, 1)))
    later = Producer(writer.org.pk, held.task_id, held.attempt + 1, live_job_id(dag.pk, "follow"), 2)
    services.open_table(Opening(later, "follow", "follow", is_alone=True), dsn=plane.dsn("trace_internal"))

    with pytest.raises(Retry, match="Another attempt"):
        tables.replace(changes(blocks[:4], Range(0, 3)))
    assert counted(plane, writer)[0] == 2
