"""The demo's chain, as `make up` follows it: through reorgs, compacted, checked, and hot and cold together what the node itself answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.fixtures.chain import NodeAt
from tests.journeys.chains import Chains
from tests.journeys.stack import ROOT, StackProcess, end_stack
from tests.operators.block_follower.following import differences
from tests.waiting import eventually

KINDS = ("blocks", "transactions", "logs")
DAG = "demo-chain"


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chains]:
    directory = tmp_path_factory.mktemp("follows") / "data"
    # As root Postgres runs as `nobody`, who must be able to pass.
    directory.parent.chmod(0o755)
    stack = StackProcess(directory, TRACE_DEMO_BLOCK_MS="600")
    try:
        made = Chains(stack.wait_ready())
        yield made
        # A test may have started it anew.
        made.stack.stop()
    finally:
        end_stack(directory)


@pytest.fixture
def node(chains: Chains) -> NodeAt:
    return NodeAt(chains.facts["demo"]["chain_rpc"])


def partitions(chains: Chains, dataset: str) -> list[str]:
    return [one["partition"] for one in chains.call("GET", f"/v1/datasets/{dataset}/partitions")["results"]]


def said(chains: Chains) -> str:
    (task,) = chains.tasks(DAG, "follow")
    return "\n".join(line["text"] for line in chains.call("GET", f"/v1/tasks/{task['id']}/logs")["lines"])


def wrong(chains: Chains, node: NodeAt) -> list[str]:
    found = [chains.read_as_one(f"cold_{kind}", f"hot_{kind}") for kind in KINDS]
    return differences(node, lambda output: found[output])


def test_what_is_final_becomes_parquet_and_is_held_against_the_chain(chains: Chains) -> None:
    eventually(lambda: all({"0-49", "50-99"} <= set(partitions(chains, f"cold_{kind}")) for kind in KINDS), seconds=180)
    eventually(lambda: {task["status"] for task in chains.tasks(DAG, "check_blocks")} == {"completed"}, seconds=60)
    assert chains.rows("block_findings") == []
    # Of transactions and logs the rows go from the table once they are in files.
    eventually(lambda: min(row["block_number"] for row in chains.rows("hot_transactions", "block_number")) >= 100, seconds=60)


def test_after_a_reorg_hot_and_cold_are_still_what_the_node_answers(chains: Chains, node: NodeAt) -> None:
    # What is not written yet cannot be found to be another one.
    eventually(lambda: node.head - chains.rows("hot_blocks", "max(block_number) AS at")[0]["at"] <= 3, seconds=90)
    command = [sys.executable, "-m", "workers.demo_chain", "reorg", "12", str(chains.stack.data_dir)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0 and "are others now" in told.stdout, told.stderr

    eventually(lambda: "a reorg depth=" in said(chains), seconds=30)
    # The chain goes on meanwhile: between two looks a block, or a reorg, may come.
    eventually(lambda: not wrong(chains, node), seconds=60)
    invalidated = chains.call("GET", "/v1/datasets/hot_blocks/invalidations")["results"]
    assert any(one["reason"] == "reorg" for one in invalidated), invalidated


_OUTCOMES = """
SELECT a.outcome FROM dispatch_attempt AS a JOIN dispatch_task AS t ON t.id = a.task_id JOIN dispatch_livejob AS j ON j.id = t.job_id
WHERE j.name = 'follow' AND j.source = 'always_on' AND a.ended_at IS NOT NULL
"""


def test_the_chain_is_restored_with_the_stack(chains: Chains, node: NodeAt) -> None:
    before = node.block(40)["hash"]
    chains.stack.stop()
    again = StackProcess(chains.stack.data_dir, TRACE_DEMO_BLOCK_MS="600")
    chains.stack = again
    chains.facts = again.wait_ready().facts
    after = NodeAt(chains.facts["demo"]["chain_rpc"])

    assert after.block(40)["hash"] == before
    with again.connect("state") as state:
        ended = state.execute(_OUTCOMES).fetchall()
    assert {outcome for (outcome,) in ended} == {"handed_back"}, "nobody has to wait for the end of a lease"
    eventually(lambda: not wrong(chains, after), seconds=90)


SYNCED = """name: history
entrypoints:
  - name: all
    kind: chain_sync
    chain_id: 31337
    mode: { kind: fixed_target, from_block: 0, to_block: 100 }
    streams:
      - { dataset_key: blocks, cryo_dataset_name: blocks, rpc_pool: demo, chunk_size: 40, max_inflight: 2 }
      - { dataset_key: transactions, cryo_dataset_name: transactions, rpc_pool: demo, chunk_size: 50, max_inflight: 2 }
      - { dataset_key: traces, cryo_dataset_name: traces, rpc_pool: demo, chunk_size: 100, max_inflight: 2 }
publish:
  history_blocks: { from: { job: all_blocks } }
  history_transactions: { from: { job: all_transactions } }
  history_traces: { from: { job: all_traces } }
"""


def test_a_chain_is_synchronised_to_its_target_through_the_gateway(chains: Chains) -> None:
    node = NodeAt(chains.facts["demo"]["chain_rpc"])
    chains.deploy(SYNCED, name="history")

    def is_done() -> bool:
        streams = chains.call("GET", "/v1/dags/history/syncs")["streams"]
        return {one["state"] for one in streams} == {"done"} and len(streams) == 3

    eventually(is_done, seconds=150)
    assert sorted(partitions(chains, "history_blocks")) == ["0-39", "40-79", "80-99"]
    blocks, sent, traces = (chains.files_of(f"history_{kind}") for kind in ("blocks", "transactions", "traces"))
    asked = node.ask_all([("eth_getBlockByNumber", [hex(number), True]) for number in range(100)])
    assert {row["block_number"]: f"0x{row['block_hash'].hex()}" for row in blocks} == {
        int(one["number"], 16): one["hash"] for one in asked
    }
    hashes = [one["hash"] for block in asked for one in block["transactions"]]
    assert sorted(f"0x{row['transaction_hash'].hex()}" for row in sent) == sorted(hashes)
    assert {f"0x{row['transaction_hash'].hex()}" for row in traces} == set(hashes)
