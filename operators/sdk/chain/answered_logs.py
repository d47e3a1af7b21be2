"""Logs as `eth_getLogs` answers them, held against their blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from operators.sdk.chain.blooms import says_otherwise
from operators.sdk.chain.checking import Torn
from operators.sdk.chain.decoding import Json


def logs_of(answer: Any, blocks: Sequence[Json], *, is_all: bool) -> list[Json]:
    """In their order. Raises Torn for one of another fork, and, where no filter chose some, for one that is missing."""
    if not isinstance(answer, list):
        raise Torn("logs were answered as nothing")
    by_hash: dict[str, list[Json]] = defaultdict(list)
    for log in answer:
        by_hash[log["blockHash"]].append(log)
    if foreign := by_hash.keys() - {block["hash"] for block in blocks}:
        log = by_hash[min(foreign)][0]
        raise Torn(
            f"log {_index(log)} of block {int(log['blockNumber'], 16):,} is of another fork, or of a block that nobody asked for"
        )
    return [log for block in blocks for log in _checked(block, by_hash.get(block["hash"], []), is_all=is_all)]


def _index(log: Json) -> int:
    return int(log["logIndex"], 16)


def _checked(block: Json, logs: list[Json], *, is_all: bool) -> list[Json]:
    places = [_index(log) for log in logs]
    if any(one >= other for one, other in pairwise(places)):
        logs.sort(key=_index)
        places = [_index(log) for log in logs]
    number, sent = block["number"], block["transactions"]
    for place, log in zip(places, logs, strict=True):
        transaction = int(log["transactionIndex"], 16)
        if log["blockNumber"] != number or transaction >= len(sent) or log["transactionHash"] != sent[transaction]:
            raise Torn(f"log {place} of block {int(number, 16):,} is of a transaction that the block has not")
    if is_all and places != list(range(len(places))):
        raise Torn(f"a log of block {int(number, 16):,} is missing, or came twice")
    if is_all and says_otherwise(block, logs):
        raise Torn(f"block {int(number, 16):,} has other logs than the {len(logs):,} that were answered: its bloom says so")
    return logs
