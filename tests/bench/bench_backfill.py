"""Blocks per second from a node to a partition that was held against the chain, beside cryo alone, which holds nothing against anything:
the same range of the same node, one after the other, in turns.

    .venv/bin/python -m tests.bench backfill
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from operators.cryo_ingest.config import CryoIngestConfig
from operators.cryo_ingest.cryo_process import run_cryo
from operators.cryo_ingest.operator import CryoIngest
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Recording
from tests.bench.report import Report
from tests.bench.stage import Stage
from tests.fixtures.chain import Node

if TYPE_CHECKING:
    from operators.sdk.rpc import Rpc

BLOCKS, TRANSFERS, TOKENS, ROUNDS, CHUNK = 2_000, 25, 25, 3, 1_000
DATASETS = ("blocks", "transactions", "logs", "traces")
BARE = "cryo 0.3.2 alone, in a process that is started for it, nothing checked"


def run(report: Report, stage: Stage) -> None:
    del stage  # a node is all that it needs
    node = Node()
    node.start()
    try:
        node.deployed()
        first = node.head + 1
        within = Range(first, node.mine(BLOCKS, transfers=TRANSFERS, tokens=TOKENS))
        for dataset in DATASETS:
            ours, bare = _in_turns(partial(_ours, node.rpc, within, dataset), partial(_bare, node, within, dataset))
            report.add(f"backfill.{dataset}", median(ours), "blocks/s", baseline=(BARE, median(bare)))
    finally:
        node.stop()


def _in_turns(*measured: Callable[[], float]) -> Sequence[list[float]]:
    found: list[list[float]] = [[] for _ in measured]
    for _ in range(ROUNDS):
        for one, times in zip(measured, found, strict=True):
            times.append(BLOCKS / one())
    return found


def _ours(rpc: Rpc, within: Range, dataset: str) -> float:
    config = CryoIngestConfig.model_validate(
        {"chain_id": rpc.chain_id, "rpc_pool": "bench", "cryo_dataset_name": dataset, "chunk_size": CHUNK}
    )
    task = Recording(config, arrived=[Arrived(0, Event(0, range=within))], chains={"bench": rpc})
    began = time.perf_counter()
    CryoIngest().run(task)
    return time.perf_counter() - began


def _bare(node: Node, within: Range, dataset: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        asked = {
            "blocks": [f"{within.start}:{within.end + 1}"], "rpc": node.url, "output_dir": folder, "chunk_size": CHUNK, "overwrite": True,
        }  # fmt: skip
        began = time.perf_counter()
        counts = run_cryo({"dataset": dataset, "asked": asked}, is_cancelled=lambda: False)
        assert counts["n_errored"] == 0, counts
        return time.perf_counter() - began
