"""Blocks as the chain has them now: whole, of one fork, each following the one before."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from operators.sdk.chain.checking import Torn, check_block
from operators.sdk.chain.decoding import BlockData, Json
from operators.sdk.chain.headers import RECEIPTS_AT_ONCE, Link, header_calls, linked, pieces, receipt_calls
from operators.sdk.errors import ConfigurationError
from operators.sdk.rpc import Call, NodeError, Rpc
from operators.sdk.task import Range

# Requests on their way at once.
AT_ONCE = 4


class Fetcher:
    """`with_receipts`: what was paid, whether it succeeded and the logs are told by receipts alone."""

    def __init__(self, rpc: Rpc, threads: ThreadPoolExecutor, *, with_receipts: bool) -> None:
        self._rpc, self._threads = rpc, threads
        self._with_receipts = with_receipts
        # Until a node says that it has no such call.
        self._receipts_by_block = True

    def head(self) -> Json:
        found = self._rpc.call("eth_getBlockByNumber", ["latest", False])
        if not isinstance(found, dict) or not found.get("hash"):
            raise Torn("the latest block was answered as nothing")
        return found

    def headers(self, numbers: Sequence[int]) -> list[Json | None]:
        """None for a block that the chain does not have."""
        return self._rpc.batch([Call("eth_getBlockByNumber", [hex(number), False]) for number in numbers])

    def blocks(self, wanted: Range, *, below: str, provider: str = "") -> list[BlockData]:
        """`below`: the hash of the block before the first, empty where it is not known. Raises Torn."""
        parts = list(pieces(wanted, RECEIPTS_AT_ONCE))
        each = map if len(parts) == 1 else self._threads.map
        link, found = Link(below), list[BlockData]()
        for part in each(lambda of: self._part(of, provider), parts):
            link.accept([one.block for one in part])
            found += part
        return found

    def _part(self, of: Range, provider: str) -> list[BlockData]:
        try:
            found = self._asked(of, provider)
            for number, one in enumerate(found, of.start):
                check_block(one, number=number)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # Something that has to be there is null, or of another kind.
            raise Torn(f"block {of.start:,} or one after it is not what a block is: {type(error).__name__} {error}") from error
        return found

    def _asked(self, of: Range, provider: str) -> list[BlockData]:
        if not self._with_receipts:
            return [BlockData(block) for block in self._blocks(of, provider)]
        if not self._receipts_by_block:
            return self._one_by_one(of, provider)
        try:
            said = self._rpc.batch(receipt_calls(of), provider=provider)
        except NodeError as error:
            if not error.is_unsupported:
                raise
            self._receipts_by_block = False
            return self._one_by_one(of, provider)
        half = len(said) // 2
        told = zip(linked(of, said[:half]), said[half:], strict=True)
        return [BlockData(block, _told(receipts, number)) for number, (block, receipts) in enumerate(told, of.start)]

    def _blocks(self, of: Range, provider: str) -> Sequence[Json]:
        return linked(of, self._rpc.batch(header_calls(of, whole=True), provider=provider))

    def _one_by_one(self, of: Range, provider: str) -> list[BlockData]:
        """Of a node that gives the receipts of a block only one at a time."""
        blocks = self._blocks(of, provider)
        calls = [Call("eth_getTransactionReceipt", [sent["hash"]]) for block in blocks for sent in block["transactions"]]
        try:
            receipts = iter(self._rpc.batch(calls, provider=provider))
        except NodeError as error:
            if not error.is_unsupported:
                raise
            raise ConfigurationError(
                f"The pool {self._rpc.pool} has no provider that tells receipts; ask platform staff for one, or follow `tables: [blocks]` only."
            ) from error
        return [BlockData(block, [next(receipts) for _ in block["transactions"]]) for block in blocks]


def _told(receipts: Sequence[Json] | None, number: int) -> Sequence[Json]:
    if receipts is None:
        raise Torn(f"the receipts of block {number:,} were answered as nothing")
    return receipts
