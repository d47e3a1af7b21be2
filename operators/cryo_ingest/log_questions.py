"""Logs as `eth_getLogs` answers them, held against their blocks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from operators.cryo_ingest.blooms import says_otherwise
from operators.sdk.chain.checking import Torn
from operators.sdk.chain.decoding import Json


def logs_of(answer: Any, blocks: Sequence[Json], *, is_all: bool) -> list[Json]:
    """In their order. Raises Torn for one of another fork, and, where no filter chose some, for one that is missing."""
    if not isinstance(answer, list):
        raise Torn("logs were answered as nothing")
    logs = sorted(answer, key=_place)
    by_block = {number: list(some) for number, some in groupby(logs, key=lambda log: int(log["blockNumber"], 16))}
    for block in blocks:
        _check(block, by_block.pop(int(block["number"], 16), []), is_all=is_all)
    if by_block:
        raise Torn(f"logs of block {min(by_block):,} were answered, which nobody asked for")
    return logs


def _place(log: Json) -> tuple[int, int]:
    return int(log["blockNumber"], 16), int(log["logIndex"], 16)


def _check(block: Json, logs: Sequence[Json], *, is_all: bool) -> None:
    number, sent = int(block["number"], 16), block["transactions"]
    for count, log in enumerate(logs):
        if log["blockHash"] != block["hash"]:
            raise Torn(f"log {int(log['logIndex'], 16)} of block {number:,} is of another fork")
        place = int(log["transactionIndex"], 16)
        if place >= len(sent) or log["transactionHash"] != sent[place]:
            raise Torn(f"log {int(log['logIndex'], 16)} of block {number:,} is of a transaction that the block has not")
        if is_all and int(log["logIndex"], 16) != count:
            raise Torn(f"log {count} of block {number:,} is missing, or came twice")
    if is_all and says_otherwise(block, logs):
        raise Torn(f"block {number:,} has other logs than the {len(logs):,} that were answered: its bloom says so")
