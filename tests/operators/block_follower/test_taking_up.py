"""Another definition of the job writes the same tables: it goes on where they end, or begins with nothing if its DAG says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from operators.block_follower.window import Link, Window
from operators.sdk.errors import ConfigurationError
from operators.sdk.task import Range
from tests.fixtures.chain import Node
from tests.operators.block_follower.following import Following
from tests.waiting import eventually


@pytest.fixture
def following(node: Node) -> Iterator[Following]:
    node.mine(20, transfers=1)
    made = Following(node)
    made.start()
    made.reaches()
    made.stop()
    yield made
    made.stop()


def numbers(following: Following) -> list[int]:
    return sorted(row["block_number"] for row in following.rows(0))


def test_it_goes_on_where_the_table_ends(node: Node, following: Following) -> None:
    node.mine(5, transfers=1)
    following.redefine(start_block="latest", poll_interval_seconds=0.1)
    following.start()
    following.reaches()

    assert numbers(following) == list(range(26))
    # Of the last transaction of the other definition nobody may have been told: it is told again.
    assert following.events() == list(range(26))


def test_a_table_longer_than_it_looks_back_is_taken_up_without_a_gap(node: Node, following: Following) -> None:
    node.mine(220)
    following.start()
    following.reaches()
    following.stop()

    node.mine(30)
    following.redefine(start_block="latest", max_reorg_depth=10)
    following.start()
    following.reaches()

    assert numbers(following) == list(range(271))
    assert following.events() == list(range(141, 271))


def test_a_reorg_since_the_last_definition_is_seen_in_the_table(node: Node, following: Following) -> None:
    node.reorg(6)
    following.redefine(start_block="latest")
    following.start()
    following.reaches()

    assert following.task.invalidated[0].scope == Range(0, 20)


def test_a_state_that_the_table_has_left_behind_counts_no_more(node: Node, following: Following) -> None:
    """As after a rollback: the other version has written meanwhile, and over a reorg."""
    old = following.state.get()
    node.reorg(4)
    node.mine(5, transfers=1)
    following.redefine(poll_interval_seconds=0.1)
    following.start()
    following.reaches()
    following.stop()
    following.state.set(old)
    node.mine(3)
    following.start()
    following.reaches()


def test_with_reset_outputs_it_begins_with_nothing_once(node: Node, following: Following) -> None:
    following.redefine(resets=True, start_block="latest")
    following.start()
    eventually(lambda: numbers(following) == [20])
    following.stop()
    node.mine(2)
    following.start()
    following.reaches()

    assert numbers(following) == [20, 21, 22]


def test_a_table_of_another_chain_is_not_written_to(following: Following) -> None:
    other = Node(chain_id=4242)
    other.start()
    try:
        following.rpc = other.rpc
        following.redefine(chain_id=4242, start_block="latest")
        following.start()
        eventually(lambda: following.failed is not None)
    finally:
        following.stop()
        other.stop()
    assert isinstance(following.failed, ConfigurationError)
    assert "chain 31337" in str(following.failed) and "reset_outputs" in str(following.failed)
    assert len(following.rows(0)) == 21


def test_a_deep_window_stays_small_and_finds_the_fork_below() -> None:
    window = Window(10_000, start=0)
    for number in range(20_000):
        window.extend([Link(number, f"h{number}")])

    kept = len(window.written()["links"])  # type: ignore[arg-type]
    assert kept < 1_200
    assert window.hash_at(19_999 - 511) and not window.hash_at(19_999 - 515)
    assert window.lowest is not None and window.lowest <= 19_999 - 10_000
    again = Window.read(window.written(), depth=10_000)
    assert list(again.below(19_999)) == list(window.below(19_999))
