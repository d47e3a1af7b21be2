"""A follower at work on a real node: in a thread of its own, until a test has seen enough."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from operators.block_follower.config import BlockFollowerConfig
from operators.block_follower.declaration import DECLARATION
from operators.block_follower.operator import BlockFollower
from operators.sdk.chain.decoding import bytes_of
from operators.sdk.recorded_tables import RecordedTables
from operators.sdk.rpc import Rpc
from operators.sdk.task import Range
from operators.sdk.testing import Recording, RecordingState
from operators.sdk.words import Keeping
from tests.fixtures.chain import Node, NodeAt
from tests.waiting import eventually

POOL = "standard"


@dataclass
class Endless(Recording[BlockFollowerConfig]):
    """Waits are real, and it ends when it is told to."""

    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def cancelled(self) -> bool:
        return self.stopping.is_set()

    def wait(self, seconds: float) -> None:
        self.stopping.wait(seconds)


class Following:
    """One attempt after the other of one job: its state and its tables stay."""

    def __init__(self, node: Node, rpc: Rpc | None = None, *, start: int | str = 0, **config: Any) -> None:
        self.node, self.rpc = node, rpc or node.rpc
        self.config = BlockFollowerConfig.model_validate(
            {"chain_id": node.chain_id, "rpc_pool": POOL, "start_block": start, "poll_interval_seconds": 0.05, **config}
        )
        self.state, self.tables = RecordingState(), RecordedTables(DECLARATION.outputs)
        self.failed: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._resets = False
        self.task = self._attempt()

    def _attempt(self) -> Endless:
        keeps = dict.fromkeys(range(3), Keeping.DIRECT)
        return Endless(
            self.config, state=self.state, tables=self.tables, keeps=keeps, chains={POOL: self.rpc}, resets_outputs=self._resets
        )

    def redefine(self, *, resets: bool = False, **config: Any) -> None:
        """As another definition of the job: the tables stay, its state does not."""
        self.config = BlockFollowerConfig.model_validate(self.config.model_dump() | config)
        self.state, self._resets = RecordingState(), resets

    def tune(self, **config: Any) -> None:
        """As the same definition, otherwise tuned: what it remembers stays as well."""
        self.config = BlockFollowerConfig.model_validate(self.config.model_dump() | config)
        self.failed = None

    def start(self) -> None:
        self.task = self._attempt()
        self._thread = threading.Thread(target=self._run, args=[self.task], daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._thread:
            self.task.stopping.set()
            self._thread.join(30)
            assert not self._thread.is_alive()
            self._thread = None

    def _run(self, task: Endless) -> None:
        try:
            BlockFollower().run(task)
        except BaseException as error:  # noqa: BLE001  the test looks at it
            self.failed = error

    def rows(self, output: int) -> list[dict[str, Any]]:
        return self.tables.of(output).rows

    def reaches(self, head: int | None = None) -> None:
        """Waits until what is written is what the node has, block by block, up to its head."""
        eventually(lambda: self.matches(head), seconds=30)

    def invalidates(self, *scopes: Range) -> None:
        """Waits until it has told of these, and of no others: the news come after the rows."""
        eventually(lambda: {one.scope for one in self.task.invalidated} == set(scopes))

    def matches(self, head: int | None = None) -> bool:
        if self.failed:
            raise self.failed
        wanted = self.node.head if head is None else head
        written = [row["block_number"] for row in self.rows(0)]
        return bool(written) and max(written) == wanted and not self.differences()

    def differences(self) -> list[str]:
        """Between the tables and the node's own answer, for every block that is written and every one that should be."""
        return list(differences(self.node, self.rows))

    def events(self, output: int = 0) -> list[int | None]:
        return [event.cursor for event in self.task.emitted if event.output == output]

    def lines(self, level: str) -> list[str]:
        return [line.text for line in self.task.log.lines if line.level == level]


def differences(node: NodeAt, rows: Callable[[int], Sequence[Mapping[str, Any]]]) -> list[str]:
    blocks = {row["block_number"]: row for row in rows(0)}
    wrong = [] if len(blocks) == len(rows(0)) else ["a block is there twice"]
    numbers = range(min(blocks), max(blocks) + 1)
    asked = node.ask_all([call for number in numbers for call in _asked(number)])
    for number, block, receipts in zip(numbers, asked[::2], asked[1::2], strict=True):
        wrong += _of_block(number, blocks.get(number), block)
        wrong += _of_transactions(number, [row for row in rows(1) if row["block_number"] == number], block, receipts)
        wrong += _of_logs(number, [row for row in rows(2) if row["block_number"] == number], receipts or [])
    return wrong


def _asked(number: int) -> list[tuple[str, list[Any]]]:
    return [("eth_getBlockByNumber", [hex(number), True]), ("eth_getBlockReceipts", [hex(number)])]


def _of_block(number: int, row: Mapping[str, Any] | None, block: Mapping[str, Any] | None) -> list[str]:
    if row is None or block is None:
        return [f"block {number} is {'missing' if row is None else 'not on the chain'}"]
    same = row["block_hash"] == bytes_of(block["hash"]) and row["parent_hash"] == bytes_of(block["parentHash"])
    return [] if same else [f"block {number} is another"]


def _of_transactions(number: int, rows: list[Mapping[str, Any]], block: Any, receipts: Any) -> list[str]:
    sent = (block or {}).get("transactions", [])
    told = [(row["transaction_index"], row["transaction_hash"], int(row["value_string"]), row["gas_used"]) for row in rows]
    wanted = [
        (int(one["transactionIndex"], 16), bytes_of(one["hash"]), int(one["value"], 16), int(receipt["gasUsed"], 16))
        for one, receipt in zip(sent, receipts or [], strict=True)
    ]
    return [] if sorted(told) == sorted(wanted) else [f"the transactions of block {number} differ"]


def _of_logs(number: int, rows: list[Mapping[str, Any]], receipts: Any) -> list[str]:
    told = [(row["log_index"], row["transaction_hash"], row["topic0"], row["data"]) for row in rows]
    wanted = [
        (int(log["logIndex"], 16), bytes_of(log["transactionHash"]), bytes_of(log["topics"][0]), bytes_of(log["data"]))
        for receipt in receipts for log in receipt["logs"]
    ]  # fmt: skip
    return [] if sorted(told) == sorted(wanted) else [f"the logs of block {number} differ"]
