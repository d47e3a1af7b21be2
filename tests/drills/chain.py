"""A chain of a drill's own beside the load: it is mined and reorganised by chance, followed, compacted, and read all the time."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import httpx

from tests.drills.beside import Beside
from tests.drills.scene import UNREACHABLE, Scene
from tests.fixtures.chain import Node
from tests.journeys.chains import HOT, Chains
from tests.journeys.stack import wait_until
from tests.operators.block_follower.following import differences

KINDS = ("blocks", "transactions", "logs")
DEPTH, PIECE = 12, 10
# Of blocks: each another definition of their compaction, which builds all of it anew.
_ORDERS = ("block_number", "block_number, chain_id")
_FOLLOW = """  - name: follow
    activation: source
    runtime: ecs_platform
    operator: block_follower
    outputs: 3
    source: { kind: always_on }
    config: { chain_id: CHAIN, rpc_pool: drilled, start_block: 0, max_reorg_depth: DEPTH }
  - name: ranges
    activation: reactive
    runtime: ecs_platform
    operator: range_aggregator
    outputs: 1
    inputs: [{ from: { job: follow } }]
    execution_strategy: PerUpdate
    update_strategy: replace
    config: { range_size: PIECE, start_block: 0 }
"""
_COMPACT = """  - name: compact_KIND
    activation: reactive
    runtime: ecs_platform
    operator: parquet_compact
    outputs: 1
    inputs: [{ from: { job: ranges } }]
    execution_strategy: PerPartition
    update_strategy: replace
    config: { chain_id: CHAIN, hot_dataset: PREFIXhot_KIND, finality_depth_blocks: DEPTH, sort_by: [ORDER], delete_after_commit: DELETES }
"""
_CHECK = """  - name: check
    activation: reactive
    runtime: ecs_platform
    operator: integrity_check
    outputs: 1
    inputs: [{ from: { job: compact_blocks } }]
    execution_strategy: PerPartition
    update_strategy: replace
    config: { chain_id: CHAIN, rpc_pool: drilled, checks: [hashes, parents, gaps, counts, checksums] }
"""


def document(name: str, order: int) -> str:
    """Blocks stay in their table, so that they can be compacted anew; transactions and logs go from it."""
    jobs = [_FOLLOW]
    for kind in KINDS:
        sort_by = _ORDERS[order if kind == "blocks" else 0]
        jobs.append(_COMPACT.replace("KIND", kind).replace("ORDER", sort_by).replace("DELETES", str(kind != "blocks").lower()))
    published = [f"  {name}_{hot}: {{ from: {{ job: follow, output: {at} }} }}\n" for at, hot in enumerate(HOT)]
    published += [f"  {name}_cold_{kind}: {{ from: {{ job: compact_{kind} }} }}\n" for kind in KINDS]
    text = "".join([f"name: {name}\ndefaults: {{ max_attempts: 9 }}\njobs:\n", *jobs, _CHECK, "publish:\n", *published])
    text += f"  {name}_findings: {{ from: {{ job: check }} }}\n"
    return text.replace("CHAIN", "31337").replace("DEPTH", str(DEPTH)).replace("PIECE", str(PIECE)).replace("PREFIX", f"{name}_")


class Traffic(threading.Thread):
    """Blocks with transactions and logs; in one of `reorg_in` steps a reorg of up to `DEPTH` blocks."""

    def __init__(self, node: Node, *, seed: int, seconds: float = 0.3, reorg_in: int = 8) -> None:
        super().__init__(name="traffic", daemon=True)
        self._node, self._chance, self._seconds, self._reorg_in = node, random.Random(seed), seconds, reorg_in
        self._is_over = threading.Event()
        self.reorgs = 0

    def run(self) -> None:
        while not self._is_over.wait(self._seconds):
            self._node.mine(1, transfers=self._chance.randrange(4), tokens=self._chance.randrange(3))
            if self._chance.randrange(self._reorg_in) == 0:
                self._node.reorg(min(self._chance.choice((1, 1, 2, 3, 5, DEPTH)), self._node.head - 1))
                self.reorgs += 1

    def stop(self) -> None:
        self._is_over.set()
        self.join()


class Drilled(Beside):
    """The stack is asked for at every look: after a fault it may be another one."""

    def __init__(self, scene: Scene, name: str, node: Node, providers: Mapping[str, str]) -> None:
        super().__init__(scene, name, document)
        self._node = node
        self.chains.add_pool("drilled", providers, chain_id=node.chain_id)

    @property
    def chains(self) -> Chains:
        return Chains(self.scene.stack)

    def read(self, kind: str) -> list[dict[str, Any]]:
        return self.chains.read_as_one(f"{self.name}_cold_{kind}", f"{self.name}_hot_{kind}")

    @property
    def pieces(self) -> int:
        return len(self.chains.call("GET", f"/v1/datasets/{self.name}_cold_logs/files")["partitions"])

    def wait_for_pieces(self, count: int) -> None:
        """Of logs, whose rows then go from their table."""
        wait_until(
            lambda: self.scene.answered(lambda: self.pieces >= count), seconds=180, what=f"there are no {count} pieces of logs"
        )

    def must_become_the_chain(self, *, seconds: float = 180) -> None:
        """Hot and cold together are the node's own answer, block by block, up to its head; and the check has found nothing."""
        wrong: list[str] = []

        def is_the_chain() -> bool:
            rows = [self.read(kind) for kind in KINDS]
            wrong[:] = differences(self._node, lambda output: rows[output])
            if not wrong and (at := max(row["block_number"] for row in rows[0])) != self._node.head:
                wrong.append(f"it is at {at}, and the node at {self._node.head}")
            return not wrong

        wait_until(
            lambda: self.scene.answered(is_the_chain), seconds=seconds, what="it is not what the chain is:\n" + "\n".join(wrong)
        )
        assert self.chains.rows(f"{self.name}_findings") == []

    def leave(self) -> None:
        """A follower goes on for ever, and what is not final yet waits for blocks that nobody mines."""
        self.scene.load.hands.activate(self.name, None)

    def reader(self) -> Looks:
        return Looks(lambda: self.read("blocks"))


class Looks(threading.Thread):
    """Somebody who reads hot and cold as one, again and again. `wrong`: what no reader may ever see."""

    def __init__(self, read: Callable[[], Sequence[Mapping[str, Any]]]) -> None:
        super().__init__(name="looks", daemon=True)
        self._read = read
        self._is_over = threading.Event()
        self.count, self.wrong = 0, list[str]()

    def wait_for_another(self) -> None:
        seen = self.count
        wait_until(lambda: self.count > seen, what="nobody could read meanwhile")

    def run(self) -> None:
        while not self._is_over.wait(0.3):
            try:
                rows = self._read()
            except (*UNREACHABLE, AssertionError, httpx.HTTPError):
                continue  # a server is away for a moment
            self.count += 1
            self.wrong += _breaks(rows)

    def stop(self) -> None:
        self._is_over.set()
        self.join()


def _breaks(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    blocks = sorted(rows, key=lambda row: row["block_number"])
    for below, above in pairwise(blocks):
        if above["block_number"] != below["block_number"] + 1:
            yield f"after block {below['block_number']} comes block {above['block_number']}"
        elif above["parent_hash"] != below["block_hash"]:
            yield f"block {above['block_number']} does not follow the one below it"
