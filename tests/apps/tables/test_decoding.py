"""Decoded logs in a table that the job writes itself: its columns are those of the event."""

from __future__ import annotations

import pytest

from apps.dispatch import services
from apps.dispatch.services.moving import MOVED
from apps.outbox.models import Message
from apps.platform.errors import Transient
from tests.apps.datasets.makers import split
from tests.apps.dispatch.conftest import mints
from tests.apps.dispatch.makers import claim_one, finish, publish, start, tasks_of
from tests.apps.tables.compacting import Chain, chain_of, taken
from tests.apps.tables.makers import dataset_of
from tests.factories import Persona
from tests.fixtures.chain import ALICE, Node, node
from tests.fixtures.data import DataPlane

__all__ = ["mints", "node"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("with_buckets", "mints")]
FOLLOWING = """  - name: after
    activation: reactive
    runtime: ecs_platform
    operator: log_decode
    outputs: 1
    inputs: [{ from: { job: follow, output: 2 } }]
    execution_strategy: PerUpdate
    update_strategy: replace
    config:
      hot_dataset: hot_logs
      abi: [{ type: event, name: Transfer, inputs: [{ name: value, type: uint256 }] }]
"""
DECODE = """  - name: decode
    activation: reactive
    runtime: ecs_platform
    operator: log_decode
    outputs: 1
    inputs: [{ from: { job: chunks } }]
    execution_strategy: PerPartition
    update_strategy: replace
    config:
      hot_dataset: hot_logs
      abi:
        - type: event
          name: Transfer
          inputs:
            - { name: from, type: address, indexed: true }
            - { name: to, type: address, indexed: true }
            - { name: value, type: uint256 }
"""


def decoded(chain: Chain) -> list[tuple[int, int, bytes, int]]:
    start(chain.dag, block_range=(0, chain.node.head))
    split(chain.dag)
    for task in tasks_of(chain.dag, "decode"):
        if task.status == "queued":
            held = claim_one(task.pk)
            taken(held, chain.run(held))
    dataset = dataset_of(chain.writer, "transfers")
    rows = chain.plane.rows(chain.writer.org.pk, dataset.pk, order="block_number, log_index")
    return [(row["block_number"], row["log_index"], bytes(row["to"]), int(row["value"])) for row in rows]


def test_a_table_has_the_columns_of_its_event_without_a_word_of_the_dag(writer: Persona, node: Node, plane: DataPlane) -> None:
    chain = chain_of(writer, node, plane, extra=DECODE, publish="  transfers: { from: { job: decode }, storage: postgres }")
    node.deployed()
    node.mine(12, tokens=2)
    chain.follow(0, node.head)

    first = decoded(chain)

    logs = node.ask("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
    assert first == [
        (int(log["blockNumber"], 16), int(log["logIndex"], 16), bytes.fromhex(ALICE[2:]), int(log["data"], 16)) for log in logs
    ]
    assert len(first) == 24
    assert decoded(chain) == first, "again is the same"


def test_what_somebody_follows_block_by_block_is_deleted_when_they_have_read_it(
    writer: Persona, node: Node, plane: DataPlane
) -> None:
    published = "  transfers: { from: { job: after }, storage: postgres }"
    chain = chain_of(writer, node, plane, extra=FOLLOWING, publish=published)
    node.deployed()
    node.mine(30 - node.head, tokens=1)
    chain.follow(0, node.head)
    chain.tell_of_block(5)
    publish()
    chain.do("logs", 0, 9, moves=False)
    told = Message.objects.get(kind=MOVED).payload

    with pytest.raises(Transient, match="have not read those blocks yet"):
        services.move(told)
    assert min(chain.hot_numbers("logs")) < 10

    finish(claim_one(tasks_of(chain.dag, "after")[0].pk))
    services.move(told)
    assert min(chain.hot_numbers("logs")) == 10
