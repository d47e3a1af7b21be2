"""Providers that lie, stall or lack something, and attempts that end at any instant: nothing is written that the chain does not have, and nothing is lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from operators.block_follower.operator import BlockFollower
from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.rpc import Call, Heads, NodeError, Rpc
from operators.sdk.tables import Replacement
from operators.sdk.testing import RecordingState
from operators.sdk.words import Keeping
from tests.fixtures.chain import Node
from tests.operators.block_follower.following import POOL, Endless, Following
from tests.waiting import eventually


class Twisted:
    """A chain whose answers a test may twist on their way: `twist(method, params, answer)`."""

    def __init__(self, rpc: Rpc, twist: Callable[[str, Sequence[Any], Any], Any], *, announces: bool = True) -> None:
        self._rpc, self._twist, self._announces = rpc, twist, announces
        self.asked_of: list[str] = []

    pool = property(lambda self: self._rpc.pool)
    chain_id = property(lambda self: self._rpc.chain_id)
    answered_by = property(lambda self: self._rpc.answered_by)
    address = property(lambda self: self._rpc.address)

    def call(self, method: str, params: Sequence[Any] = (), *, provider: str = "") -> Any:
        return self._twist(method, params, self._rpc.call(method, params))

    def batch(self, calls: Sequence[Call], *, provider: str = "") -> list[Any]:
        self.asked_of.append(provider)
        return [self._twist(one.method, one.params, said) for one, said in zip(calls, self._rpc.batch(calls), strict=True)]

    def get(self, path: str, *, ask: Any = None) -> Any:
        return self._rpc.get(path, ask=ask)

    def heads(self) -> AbstractContextManager[Heads]:
        return self._rpc.heads() if self._announces else _none()

    def providers(self) -> Sequence[str]:
        return ["first", "second"]


@contextmanager
def _none() -> Iterator[Heads]:
    raise Retry("No provider of this pool announces heads.")
    yield


@pytest.fixture
def running() -> Iterator[Callable[[Following], Following]]:
    made: list[Following] = []

    def start(following: Following) -> Following:
        made.append(following)
        following.start()
        return following

    yield start
    for one in made:
        one.stop()


Run = Callable[[Following], Following]


def some_times(times: int, method: str, instead: Callable[[Any], Any]) -> Callable[[str, Sequence[Any], Any], Any]:
    left = [times]

    def twist(asked: str, params: Sequence[Any], said: Any) -> Any:
        if asked != method or not left[0] or not said:
            return said
        left[0] -= 1
        return instead(said)

    return twist


@pytest.mark.parametrize(
    ("method", "instead"),
    [
        ("eth_getBlockReceipts", lambda _: None),
        ("eth_getBlockReceipts", lambda _: []),
        ("eth_getBlockReceipts", lambda said: said[:-1]),
        ("eth_getBlockReceipts", lambda said: [one | {"blockHash": "0x" + "ab" * 32} for one in said]),
        ("eth_getBlockReceipts", lambda said: [one | {"logs": []} for one in said]),
        ("eth_getBlockByNumber", lambda _: None),
        ("eth_getBlockByNumber", lambda said: said | {"parentHash": "0x" + "cd" * 32}),
        ("eth_getBlockByNumber", lambda said: said | {"number": "0x1"}),
    ],
    ids=["null receipts", "no receipts", "one receipt missing", "receipts of another fork", "logs left out", "null block", "another parent", "another block"],
)  # fmt: skip
def test_a_torn_answer_is_asked_for_again_and_never_written(
    node: Node, running: Run, method: str, instead: Callable[[Any], Any]
) -> None:
    node.mine(12, transfers=2, tokens=2)
    following = running(Following(node, Twisted(node.rpc, some_times(4, method, instead))))
    following.reaches()


def test_a_block_without_its_transactions_is_not_taken_for_an_empty_one(node: Node, running: Run) -> None:
    node.mine(6, transfers=2)
    left = [10]

    def empties(method: str, params: Sequence[Any], said: Any) -> Any:
        if not left[0] or not said or method not in {"eth_getBlockByNumber", "eth_getBlockReceipts"}:
            return said
        left[0] -= 1
        return [] if isinstance(said, list) else said | {"transactions": []}

    running(Following(node, Twisted(node.rpc, empties))).reaches()


def test_a_provider_that_lags_far_behind_is_waited_for_and_nothing_is_rewritten(node: Node, running: Run) -> None:
    node.mine(30, transfers=1)
    lagging = [False]

    def lag(method: str, params: Sequence[Any], said: Any) -> Any:
        if method != "eth_getBlockByNumber" or not lagging[0]:
            return said
        number = 5 if params[0] == "latest" else int(params[0], 16)
        return node.block(number) if number <= 5 else None

    following = running(Following(node, Twisted(node.rpc, lag, announces=False), max_reorg_depth=8))
    following.reaches()
    lagging[0] = True
    node.mine(2)
    eventually(lambda: following.task.flushed)
    lagging[0] = False
    following.reaches()
    assert not following.task.invalidated and following.failed is None


def test_a_header_that_is_denied_is_no_reorg(node: Node, running: Run) -> None:
    node.mine(20, transfers=1)
    left = [0]

    def deny(method: str, params: Sequence[Any], said: Any) -> Any:
        if method == "eth_getBlockByNumber" and params[1] is False and params[0] != "latest" and left[0]:
            left[0] -= 1
            return None
        return said

    following = running(Following(node, Twisted(node.rpc, deny)))
    following.reaches()
    following.stop()
    left[0] = 5
    node.mine(3, transfers=1)
    following.start()
    following.reaches()
    assert left[0] < 5 and not following.task.invalidated


def test_a_provider_that_stays_torn_is_passed_over(node: Node, running: Run) -> None:
    node.mine(5, transfers=1)
    chain = Twisted(node.rpc, some_times(15, "eth_getBlockReceipts", lambda _: []))
    running(Following(node, chain)).reaches()
    assert "first" in chain.asked_of


def test_providers_that_flap_between_forks_leave_no_mixed_rows(node: Node, running: Run) -> None:
    node.mine(20, transfers=1)
    other = Node(fork_of=node.url, fork_block=12)
    other.start()
    try:
        other.mine(12, transfers=3)
        left = [60]

        def flap(method: str, params: Sequence[Any], said: Any) -> Any:
            if (
                method not in {"eth_getBlockByNumber", "eth_getBlockReceipts"}
                or not left[0]
                or random.Random(left[0]).random() < 0.6
            ):
                return said
            left[0] -= 1
            return other.ask(method, *params)

        following = running(Following(node, Twisted(node.rpc, flap)))
        following.reaches()
    finally:
        other.stop()


def test_without_announcements_it_polls(node: Node, running: Run) -> None:
    following = running(Following(node, Twisted(node.rpc, lambda _method, _params, said: said, announces=False)))
    node.mine(5, transfers=1)
    following.reaches()
    node.mine(5)
    following.reaches()


def test_a_node_without_receipts_of_blocks_is_asked_one_by_one(node: Node, running: Run) -> None:
    node.mine(6, transfers=3, tokens=1)

    def poor(method: str, params: Sequence[Any], said: Any) -> Any:
        if method == "eth_getBlockReceipts":
            raise NodeError(-32601, "Method not found")
        return said

    running(Following(node, Twisted(node.rpc, poor))).reaches()


def test_a_node_that_tells_no_receipts_at_all_is_named(node: Node, running: Run) -> None:
    node.mine(2, transfers=1)

    def poor(method: str, params: Sequence[Any], said: Any) -> Any:
        if "Receipt" in method:
            raise NodeError(-32601, "Method not found")
        return said

    following = running(Following(node, Twisted(node.rpc, poor)))
    eventually(lambda: following.failed is not None)
    assert isinstance(following.failed, ConfigurationError)
    assert "tables: [blocks]" in str(following.failed)
    only_blocks = running(Following(node, Twisted(node.rpc, poor), tables=["blocks"]))
    eventually(lambda: len(only_blocks.rows(0)) == node.head + 1)


def test_a_pool_of_another_chain_is_refused(node: Node, running: Run) -> None:
    following = running(Following(node, chain_id=1))
    eventually(lambda: following.failed is not None)
    assert isinstance(following.failed, ConfigurationError)
    assert "31337" in str(following.failed)
    assert not following.rows(0)


def test_a_node_that_is_away_for_a_while_is_waited_for(node: Node, running: Run) -> None:
    node.mine(5, transfers=1)
    following = running(Following(node))
    following.reaches()
    node.stop()
    eventually(lambda: bool(following.lines("warning")))
    node.start()
    node.mine(3, transfers=1)
    following.reaches()


class Killed(BaseException):
    """As kill -9 ends an attempt: nothing of it happens any more."""


@pytest.mark.parametrize("seed", range(6))
def test_an_attempt_that_ends_at_any_instant_leaves_nothing_wrong(node: Node, seed: int) -> None:
    """Killed before or after any write, flush or answer, while the chain goes on in every way; then everything is as the node says."""
    chance = random.Random(seed)
    node.mine(10, transfers=1)
    following = Following(node)
    for _ in range(12):
        _one_of(chance, node)
        _attempt_killed_at(following, chance.randrange(1, 16), chance)
    following.start()
    try:
        following.reaches()
    finally:
        following.stop()


def _one_of(chance: random.Random, node: Node) -> None:
    act = chance.randrange(4)
    if act == 0:
        node.mine(chance.randrange(1, 5), transfers=chance.randrange(3))
    elif act == 1:
        node.reorg(chance.randrange(1, 8))
    elif act == 2:
        node.mine(1, tokens=2)
    else:
        node.reorg(2)
        node.mine(1)


def _attempt_killed_at(following: Following, step: int, chance: random.Random) -> None:
    task = Doomed(
        following.config, state=following.state, tables=following.tables, keeps=dict.fromkeys(range(3), Keeping.DIRECT),
        chains={POOL: following.rpc}, left=step, chance=chance, kept=following.state.get(),
    )  # fmt: skip
    with pytest.raises(Killed):
        BlockFollower().run(task)
    # What was not flushed is not remembered.
    following.state = task.remembered


@dataclass
class Doomed(Endless):
    """Killed at its `left`th contact with the world; around a change of tables before it, or after it and before anybody knows."""

    left: int = 0
    chance: random.Random = field(default_factory=random.Random)
    kept: Any = None

    @property
    def cancelled(self) -> bool:
        self._dies()
        return False

    def replace(self, changes: Sequence[Replacement]) -> None:
        is_after = self.chance.random() < 0.5
        if not is_after:
            self._dies()
        super().replace(changes)
        if is_after:
            self._dies()

    def flush(self) -> None:
        self._dies()
        super().flush()
        self.kept = self.state.get()
        self._dies()

    def wait(self, seconds: float) -> None:
        self._dies()

    @property
    def remembered(self) -> RecordingState:
        state = RecordingState()
        if self.kept is not None:
            state.set(self.kept)
        return state

    def _dies(self) -> None:
        self.left -= 1
        if self.left <= 0:
            raise Killed
