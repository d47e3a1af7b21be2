"""The traffic of the demo, on a node of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.chain import Node
from tests.waiting import eventually
from workers.supervisor.environment import ROOT, base_env
from workers.supervisor.servers.anvil import compile_token

COMMAND = [sys.executable, "-m", "workers.demo_chain"]


@pytest.fixture
def traffic(node: Node, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / "chain").mkdir()
    compile_token(tmp_path / "token.hex")
    told = [node.url, str(tmp_path / "chain"), str(tmp_path / "token.hex"), "0.1", "3"]
    with subprocess.Popen([*COMMAND, "traffic", *told], cwd=ROOT, env=base_env(), stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def ended(traffic: subprocess.Popen[str]) -> str:
    """What it complained of."""
    traffic.send_signal(signal.SIGTERM)
    _, said = traffic.communicate(timeout=20)
    assert traffic.returncode == 0, said
    return said


def test_traffic_begins_anew_on_a_node_that_was_away_and_forgot(node: Node, traffic: subprocess.Popen[str]) -> None:
    eventually(lambda: node.head >= 120, seconds=60)
    node.forget()
    node.start()

    eventually(lambda: node.head >= 120, seconds=60)
    assert "the chain does not take it" in ended(traffic)


def test_a_command_makes_other_blocks_of_the_last_ones(node: Node, traffic: subprocess.Popen[str], tmp_path: Path) -> None:
    eventually(lambda: node.head >= 120, seconds=60)
    ended(traffic)
    (tmp_path / "stack.json").write_text(json.dumps({"demo": {"chain_rpc": node.url}}))
    below, last = node.block(node.head - 3)["hash"], node.block(node.head - 2)

    told = subprocess.run([*COMMAND, "reorg", "3", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)

    assert told.returncode == 0 and "are others now" in told.stdout, told.stderr
    assert node.block(node.head - 3)["hash"] == below
    assert node.block(int(last["number"], 16))["hash"] != last["hash"]
