"""Drill 15: the chain is reorganised all the time: while it is followed and compacted, while a version is rebuilt, when it takes over.

Processes are killed meanwhile. Whoever reads hot and cold as one never sees a gap, a block twice, or two chains; and in the end it is
the node's own answer, block by block.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drills import faults
from tests.drills.chain import PIECE, Drilled, Traffic
from tests.drills.scene import Scene
from tests.fixtures.chain import Node, node
from tests.journeys.stack import wait_until

__all__ = ["node"]
_ACTIVE = "SELECT v.number FROM dags_dag AS d JOIN dags_dagversion AS v ON v.id = d.active_id WHERE d.name = 'reorged'"


@pytest.fixture
def traffic(node: Node, scene: Scene) -> Iterator[Traffic]:
    node.mine(4 * PIECE, transfers=2, tokens=1)
    made = Traffic(node, seed=scene.seed)
    made.start()
    yield made
    made.stop()


def test_no_reorg_is_lost_whatever_it_meets(scene: Scene, node: Node, traffic: Traffic) -> None:
    chain = Drilled(scene, "reorged", node, {"node": node.url})
    chain.activate(1_000)
    chain.wait_for_pieces(2)
    looks = chain.reader()
    looks.start()

    for fault in (
        faults.kill_the_source,
        lambda stack: faults.kill(stack, "worker"),
        lambda stack: faults.kill(stack, "dispatcher"),
    ):
        with scene.fault("killed while it is followed and compacted"):
            fault(scene.stack)
        scene.work(20)
    chain.activate(2_000)
    with scene.fault("worker killed while it is rebuilt"):
        faults.kill(scene.stack, "worker")
    is_active(scene, 2)
    chain.activate(1_000)
    is_active(scene, 1)
    chain.wait_for_pieces(chain.pieces + 2)

    traffic.stop()
    looks.stop()
    chain.must_become_the_chain()
    assert traffic.reorgs > 5
    assert looks.count > 20
    assert looks.wrong == []
    chain.leave()
    scene.must_end_well()


def is_active(scene: Scene, number: int) -> None:
    wait_until(
        lambda: scene.answered(lambda: scene.state.number(_ACTIVE) == number),
        seconds=180,
        what=f"version {number} did not take over",
    )
