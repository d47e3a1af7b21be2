"""What a kill leaves of a chain that is being written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.chain import Node
from workers.supervisor.servers.chain_state import ChainState

WHOLE = '{"block":{"number":"0xd"},"historical_states":null}'


@pytest.fixture
def state(tmp_path: Path) -> ChainState:
    return ChainState(tmp_path / "state.json")


def test_what_is_whole_stays_as_it_is(state: ChainState) -> None:
    state.keep()
    assert state.settle() == ""
    state.file.write_text(WHOLE)

    assert state.settle() == "" and state.file.read_text() == WHOLE


@pytest.mark.parametrize("length", [0, 1, 20, 24, len(WHOLE) - 1])
def test_what_is_torn_gives_way_to_what_was_kept(state: ChainState, length: int) -> None:
    state.file.write_text(WHOLE)
    state.keep()
    state.file.write_text(WHOLE[:length])
    state.keep()

    assert "a minute before" in state.settle()
    assert state.file.read_text() == WHOLE
    assert state.settle() == ""


def test_without_anything_kept_the_chain_begins_anew_and_the_damage_is_left_to_look_at(state: ChainState) -> None:
    state.file.write_text(WHOLE[:9])

    assert "begins anew" in state.settle()
    assert not state.file.exists()
    assert state.file.with_suffix(".damaged.json").read_text() == WHOLE[:9]


def test_a_node_whose_state_was_torn_starts_with_what_was_kept(node: Node) -> None:
    node.mine(5)
    hash_of_four = node.block(4)["hash"]
    node.stop()
    state = ChainState(node.directory / "state.json")
    state.keep()
    state.file.write_bytes(state.file.read_bytes()[:1_000])

    assert state.settle()
    node.start()
    assert node.head == 5 and node.block(4)["hash"] == hash_of_four
