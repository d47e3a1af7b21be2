"""What chains do, on a real node: after each of it the tables are what the node itself answers, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from operators.sdk.errors import InputError
from operators.sdk.task import Range
from operators.sdk.words import Reason
from tests.fixtures.chain import Node
from tests.operators.block_follower.following import Following
from tests.waiting import eventually

Follow = Callable[..., Following]


@pytest.fixture
def follow(node: Node) -> Iterator[Follow]:
    """Starts a follower, and stops it with the test."""
    made: list[Following] = []

    def started(**config: Any) -> Following:
        made.append(Following(node, **config))
        made[-1].start()
        return made[-1]

    yield started
    for one in made:
        one.stop()


def test_it_follows_a_chain_from_its_genesis(node: Node, follow: Follow) -> None:
    node.mine(30, transfers=2, tokens=1)
    following = follow()
    following.reaches()
    node.mine(5, transfers=1)
    following.reaches()
    assert following.events() == list(range(node.head + 1))
    assert following.events(2) == following.events(0)


def test_a_block_of_the_same_height_takes_the_place_of_another(node: Node, follow: Follow) -> None:
    node.mine(8, transfers=1)
    following = follow()
    following.reaches()
    head = node.head
    node.reorg(1)
    assert node.head == head
    following.reaches()
    assert [(one.output, one.scope, one.reason) for one in following.task.invalidated] == [
        (output, Range(head, head), Reason.REORG) for output in range(3)
    ]


@pytest.mark.parametrize("depth", [2, 5, 12])
def test_a_reorg_within_the_window_rewrites_exactly_its_blocks(node: Node, follow: Follow, depth: int) -> None:
    node.mine(20, transfers=2, tokens=1)
    following = follow(max_reorg_depth=12)
    following.reaches()
    head = node.head
    node.reorg(depth)
    following.reaches()
    following.invalidates(Range(head - depth + 1, head))
    assert len(following.task.invalidated) == 3
    rewritten = [change for change in following.tables.changes if change[0].scope == Range(head - depth + 1, head)]
    assert len(rewritten) == 1 and len(rewritten[0]) == 3, "all three tables in one transaction"


def test_a_reorg_deeper_than_the_window_stops_it_and_loses_nothing(node: Node, follow: Follow) -> None:
    node.mine(20, transfers=1)
    following = follow(max_reorg_depth=4)
    following.reaches()
    before = [dict(row) for row in following.rows(0)]
    node.reorg(6)
    eventually(lambda: following.failed is not None)
    assert isinstance(following.failed, InputError)
    assert "max_reorg_depth" in str(following.failed) and "reset_outputs" in str(following.failed)
    assert following.rows(0) == before
    assert not following.task.invalidated


def test_a_reorg_that_was_too_deep_is_put_right_once_it_is_allowed(node: Node, follow: Follow) -> None:
    node.mine(40, transfers=1)
    following = follow(max_reorg_depth=4)
    following.reaches()
    head = node.head
    node.reorg(12)
    eventually(lambda: following.failed is not None)
    following.stop()

    following.tune(max_reorg_depth=16)
    following.start()
    following.reaches()
    following.invalidates(Range(head - 11, head))


def test_a_reorg_into_what_was_compacted_and_deleted_brings_the_whole_range_back(node: Node, follow: Follow) -> None:
    node.mine(60, transfers=1, tokens=1)
    following = follow(max_reorg_depth=40)
    following.reaches()
    head = node.head
    following.stop()
    for output in range(3):
        table = following.tables.of(output)
        table.rows = [row for row in table.rows if row["block_number"] >= 40]
        table.gone = [Range(0, 19), Range(20, 39)]

    node.reorg(24)
    following.start()
    following.reaches()
    assert min(row["block_number"] for row in following.rows(0)) == 20
    assert [following.tables.of(output).gone for output in range(3)] == [[Range(0, 19)]] * 3
    following.invalidates(Range(20, head))


def test_a_reorg_while_it_catches_up_leaves_no_seam(node: Node, follow: Follow) -> None:
    node.mine(250, transfers=1)
    following = follow()
    eventually(lambda: len(following.rows(0)) > 50)
    node.reorg(20)
    following.reaches()


def test_a_second_reorg_follows_the_first_at_once(node: Node, follow: Follow) -> None:
    node.mine(20, transfers=1)
    following = follow()
    following.reaches()
    for depth in (3, 9, 1, 6):
        node.reorg(depth)
    following.reaches()


def test_empty_blocks_are_replaced_as_well(node: Node, follow: Follow) -> None:
    node.mine(15)
    following = follow()
    following.reaches()
    node.reorg(4)
    following.reaches()
    following.invalidates(Range(12, 15))


def test_blocks_that_become_the_same_again_change_nothing(node: Node, follow: Follow) -> None:
    node.mine(10)
    following = follow()
    following.reaches()
    node.ask("anvil_reorg", 3, [])
    node.mine(1, transfers=1)
    following.reaches()
    hashes = {row["block_number"]: row["block_hash"] for row in following.rows(0)}
    if all(hashes[number] == bytes.fromhex(node.block(number)["hash"][2:]) for number in range(8, 11)):
        assert len(following.events()) == len(set(following.events()))


def test_a_head_that_goes_back_and_then_another_way_is_followed(node: Node, follow: Follow) -> None:
    node.mine(6, transfers=1)
    below = node.snapshot()
    node.mine(6, transfers=1)
    following = follow()
    following.reaches()
    node.revert(below)
    node.mine(3, transfers=2)
    # Shorter than before: what was above it is gone.
    following.reaches()
    node.mine(9, transfers=1)
    following.reaches()
    following.invalidates(Range(7, 12))
    assert [cursor for cursor in following.events() if cursor and cursor > 9] == [10, 11, 12, 10, 11, 12, 13, 14, 15, 16, 17, 18]


def test_a_head_that_only_goes_back_is_waited_for(node: Node, follow: Follow) -> None:
    node.mine(6, transfers=1)
    below = node.snapshot()
    node.mine(4, transfers=1)
    following = follow()
    following.reaches()
    node.revert(below)
    following.node.ask("eth_blockNumber")
    assert max(row["block_number"] for row in following.rows(0)) == 10
    assert not following.task.invalidated


def test_a_reorg_while_it_was_down_is_seen_when_it_comes_back(node: Node, follow: Follow) -> None:
    node.mine(15, transfers=1)
    following = follow()
    following.reaches()
    following.stop()
    node.reorg(7)
    node.mine(2, transfers=1)
    following.start()
    following.reaches()
    following.invalidates(Range(9, 15))


def test_blocks_below_the_confirmations_are_not_written(node: Node, follow: Follow) -> None:
    node.mine(10, transfers=1)
    following = follow(confirmations=3)
    following.reaches(7)
    node.reorg(3)
    node.mine(1)
    following.reaches(8)
    assert not following.task.invalidated


def test_it_begins_at_the_tip_when_told_so(node: Node, follow: Follow) -> None:
    node.mine(10, transfers=1)
    following = follow(start="latest")
    following.reaches()
    node.mine(3)
    following.reaches()
    assert min(row["block_number"] for row in following.rows(0)) == 10


def test_an_event_for_many_blocks_comes_at_the_same_blocks_always(node: Node, follow: Follow) -> None:
    node.mine(25)
    following = follow(emit_strategy="threshold", threshold_blocks=10)
    following.reaches()
    assert following.events() == [9, 19]


def test_a_block_with_five_thousand_logs_is_written_whole(node: Node, follow: Follow) -> None:
    following = follow()
    node.scatter(5000)
    following.reaches()
    assert len(following.rows(2)) == 5000


def test_a_node_that_begins_anew_with_another_chain_is_not_followed(node: Node, follow: Follow) -> None:
    node.mine(100, transfers=1)
    following = follow(max_reorg_depth=8)
    following.reaches()
    node.forget()
    node.start()
    node.mine(110, transfers=2)
    eventually(lambda: following.failed is not None, seconds=60)
    assert isinstance(following.failed, InputError) and "anew" in str(following.failed)
    assert len(following.rows(0)) == 101
