"""Blocks of a range as they are asked for. Headers are cheap: what rows are held against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from operators.sdk.chain.asking import Asking, Question
from operators.sdk.chain.checking import answered, check_link
from operators.sdk.chain.decoding import Json
from operators.sdk.rpc import Call
from operators.sdk.task import Range

# Blocks of one batch. With receipts they are large, and a node makes them slowly: more of them would only wait for each other.
AT_ONCE, RECEIPTS_AT_ONCE = 50, 10


@dataclass
class Link:
    """The hash of the block that was read last: the next one must name it as its parent."""

    below: str = ""

    def accept(self, blocks: Sequence[Json]) -> None:
        """Raises Torn, and then nothing has moved."""
        if blocks:
            check_link(self.below, blocks[0]["parentHash"], number=int(blocks[0]["number"], 16))
            self.below = blocks[-1]["hash"]


def pieces(within: Range, size: int) -> Iterator[Range]:
    for start in range(within.start, within.end + 1, size):
        yield Range(start, min(start + size - 1, within.end))


def header_calls(of: Range, *, whole: bool = False) -> list[Call]:
    return [Call("eth_getBlockByNumber", [hex(number), whole]) for number in range(of.start, of.end + 1)]


def receipt_calls(of: Range) -> list[Call]:
    """The blocks with their transactions, and then the receipts of each."""
    numbers = range(of.start, of.end + 1)
    return [*header_calls(of, whole=True), *(Call("eth_getBlockReceipts", [hex(number)]) for number in numbers)]


def linked(of: Range, answers: Sequence[Any]) -> Sequence[Json]:
    """The answers, if they are the blocks that were asked for and each follows the one before. Raises Torn."""
    below = ""
    for number, block in zip(range(of.start, of.end + 1), answers, strict=True):
        check_link(below, answered(block, number=number)["parentHash"], number=number)
        below = block["hash"]
    return answers


def headers(asking: Asking, within: Range) -> Iterator[Json]:
    """Of a range, linked from its first to its last."""
    link = Link()
    questions = (Question(one, header_calls(one), partial(linked, one)) for one in pieces(within, AT_ONCE))
    for blocks in asking.all(questions, link.accept):
        yield from blocks
