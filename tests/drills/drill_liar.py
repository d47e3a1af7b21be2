"""Drill 16: one of three providers lies, another way every few seconds, and of the others one is away now and then.

Nothing that the chain does not have is ever written: hot and cold are the honest node's own answer, block by block.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.drills.chain import PIECE, Drilled, Traffic
from tests.drills.scene import Scene
from tests.fixtures.chain import Node, node
from tests.workers.rpc_gateway import faulty
from tests.workers.rpc_gateway.faulty import Act, FaultyProxy

__all__ = ["node"]


def _of_results(change: Any) -> Act:
    """Of blocks, logs and receipts alone: what it says of itself stays true."""
    return faulty.changes(lambda method, said: change(method, said) if method.startswith("eth_getBlock") and said else said)


def _without_transactions(_: str, said: Any) -> Any:
    return {**said, "transactions": []} if isinstance(said, dict) else []


def _without_half(_: str, said: Any) -> Any:
    return said if isinstance(said, dict) else said[: len(said) // 2]


def _another_parent(_: str, said: Any) -> Any:
    return {**said, "parentHash": f"0x{9:064x}"} if isinstance(said, dict) else said


def _of_another_fork(_: str, said: Any) -> Any:
    """As a node does that is on another fork: block and receipts fit each other."""
    return json.loads(json.dumps(said).replace(said["hash"], f"0x{7:064x}")) if isinstance(said, dict) else said


LIES: dict[str, Act] = {
    "blocks without transactions": _of_results(_without_transactions), "half of the receipts": _of_results(_without_half),
    "another parent": _of_results(_another_parent), "another fork": _of_results(_of_another_fork),
    "far ahead": faulty.absurd_head(10**9), "nothing": _of_results(lambda *_: None), "half an answer": faulty.truncated,
    "too many requests": faulty.limited(retry_after="1"), "no answer": faulty.never_answers,
}  # fmt: skip


@pytest.fixture
def proxies(node: Node) -> Iterator[list[FaultyProxy]]:
    made = [FaultyProxy(node.url) for _ in range(3)]
    for one in made:
        one.start()
    yield made
    for one in made:
        one.heals()
        one.stop()


def test_what_a_liar_says_is_never_written(scene: Scene, node: Node, proxies: list[FaultyProxy]) -> None:
    liar, *honest = proxies
    node.mine(4 * PIECE, transfers=2, tokens=1)
    chain = Drilled(scene, "lied", node, {"liar": liar.url, "second": honest[0].url, "third": honest[1].url})
    traffic, looks, chance = Traffic(node, seed=scene.seed, reorg_in=20), chain.reader(), random.Random(scene.seed)
    liar.breaks(LIES["another fork"])
    chain.activate(0)
    traffic.start()
    chain.wait_for_pieces(1)
    looks.start()

    for name, lie in LIES.items():
        with scene.fault(f"a provider lies: {name}"):
            liar.breaks(lie)
            away = chance.choice(honest)
            away.breaks(faulty.status(503), times=chance.randrange(20))
            scene.work(20)
            looks.wait_for_another()
            away.heals()
    traffic.stop()
    chain.must_become_the_chain()
    looks.stop()

    assert looks.wrong == []
    chain.leave()
    scene.must_end_well()
