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

__all__ = ["node"]


@pytest.fixture
def traffic(node: Node, scene: Scene) -> Iterator[Traffic]:
    node.mine(4 * PIECE, transfers=2, tokens=1)
    made = Traffic(node, seed=scene.seed)
    made.start()
    yield made
    made.stop()


def test_no_reorg_is_lost_whatever_it_meets(scene: Scene, node: Node, traffic: Traffic) -> None:
    chain = Drilled(scene, "reorged", node, {"node": node.url})
    chain.activate(0)
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
    chain.activate(1)
    with scene.fault("worker killed while it is rebuilt"):
        faults.kill(scene.stack, "worker")
    chain.wait_for_version(2)
    chain.activate(0)
    chain.wait_for_version(1)
    chain.wait_for_pieces(chain.pieces + 2)

    traffic.stop()
    looks.stop()
    chain.must_become_the_chain()
    assert traffic.reorgs > 5
    assert looks.count > 20
    assert looks.wrong == []
    chain.leave()
    scene.must_end_well()
