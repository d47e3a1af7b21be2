"""Whether what a node answered of a block is one whole: of one fork, without holes. Providers that flap between nodes answer pieces of two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from operators.sdk.chain.decoding import BlockData, Json

_NO_BLOOM = "0x" + "0" * 512
# The root of no transactions, as it is computed, as some chains write it, and where nobody tells.
_NOTHING = frozenset({"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", "0x" + "0" * 64, "", None})


class Torn(Exception):
    """The pieces do not belong together, or one is missing: ask again, best of another provider."""


def answered(block: Any, *, number: int) -> Json:
    """The block, if it is the one that was asked for. Raises Torn."""
    if not isinstance(block, dict) or not block.get("hash"):
        raise Torn(f"block {number:,} was answered as nothing")
    if (told := int(block["number"], 16)) != number:
        raise Torn(f"block {told:,} was answered where {number:,} was asked for")
    return block


def check_block(data: BlockData, *, number: int) -> None:
    """Raises Torn. What it says of logs and receipts holds where they were asked for."""
    block = answered(data.block, number=number)
    if not block["transactions"] and block.get("transactionsRoot") not in _NOTHING:
        raise Torn(f"block {number:,} has transactions, and came without them")
    for place, sent in enumerate(block["transactions"]):
        if not isinstance(sent, dict):
            raise Torn(f"block {number:,} came without its transactions")
        if sent["blockHash"] != data.hash or int(sent["transactionIndex"], 16) != place:
            raise Torn(f"transaction {place} of block {number:,} is of another block")
    if data.receipts is not None:
        _check_receipts(data, number)


def check_link(below: str, parent: str, *, number: int) -> None:
    """`below`: the hash of the block before it, empty where that is not known. `parent`: what it names as its parent. Raises Torn."""
    if below and parent != below:
        raise Torn(f"block {number:,} does not follow the block before it: another fork")


def _check_receipts(data: BlockData, number: int) -> None:
    sent, receipts = data.block["transactions"], data.receipts or ()
    if len(receipts) != len(sent):
        raise Torn(f"block {number:,} has {len(sent):,} transactions, and {len(receipts):,} receipts were answered")
    for place, (one, receipt) in enumerate(zip(sent, receipts, strict=True)):
        if not isinstance(receipt, dict) or receipt["transactionHash"] != one["hash"]:
            raise Torn(f"receipt {place} of block {number:,} is of another transaction")
        if receipt["blockHash"] != data.hash:
            raise Torn(f"receipt {place} of block {number:,} is of another fork")
    _check_logs(data, number)


def _check_logs(data: BlockData, number: int) -> None:
    count = 0
    for log in _logs(data):
        if log["blockHash"] != data.hash or int(log["logIndex"], 16) != count:
            raise Torn(f"log {count} of block {number:,} is missing, or of another fork")
        count += 1
    # Some chains show a block before it was executed: its bloom says nothing then, but a bloom without logs is always wrong.
    if count == 0 and data.block.get("logsBloom", _NO_BLOOM) not in {_NO_BLOOM, "0x"} and data.block["transactions"]:
        raise Torn(f"block {number:,} says that it has logs, and none were answered")


def _logs(data: BlockData) -> Iterator[Json]:
    for receipt in data.receipts or ():
        yield from receipt["logs"]
