"""DAGs in a few words: one is told a range by hand, cuts it into chunks, and does something with each. JSON is YAML."""

from __future__ import annotations

import json
from typing import Any


def chunked(name: str, *jobs: dict[str, Any], chunk: int, publish: dict[str, Any]) -> str:
    """`publish`: datasets by name, each from a job, or from what more is said of it."""
    start = {
        "name": "start", "activation": "source", "runtime": "dispatcher", "operator": "trigger_manual", "outputs": 1,
        "source": {"kind": "manual"},
    }  # fmt: skip
    chunks = reactive("chunks", "range_splitter", "start", chunk_size=chunk)
    said = {dataset: {"from": {"job": what}} if isinstance(what, str) else what for dataset, what in publish.items()}
    return json.dumps({"name": name, "jobs": [start, chunks, *jobs], "publish": said})


def reactive(
    name: str, operator: str, source: str = "chunks", *, strategy: str = "PerPartition", **config: Any
) -> dict[str, Any]:
    return {
        "name": name, "activation": "reactive", "runtime": "ecs_platform", "operator": operator, "outputs": 1,
        "inputs": [{"from": {"job": source}}], "execution_strategy": strategy, "update_strategy": "replace", "config": config,
    }  # fmt: skip
