"""Blocks as the chain has them now: whole, of one fork, each following the one before."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from operators.sdk.chain.checking import Torn, answered, check_block, check_link
from operators.sdk.chain.decoding import BlockData, Json
from operators.sdk.errors import ConfigurationError
from operators.sdk.rpc import Call, NodeError, Rpc
from operators.sdk.task import Range

# Requests on their way at once, and blocks of one.
AT_ONCE, BLOCKS_PER_REQUEST = 4, 10


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
        numbers = list(range(wanted.start, wanted.end + 1))
        parts = [numbers[at : at + BLOCKS_PER_REQUEST] for at in range(0, len(numbers), BLOCKS_PER_REQUEST)]
        if len(parts) == 1:
            found = self._part(parts[0], provider)
        else:
            found = [one for part in self._threads.map(lambda part: self._part(part, provider), parts) for one in part]
        for one in found:
            check_link(below, one.parent_hash, number=one.number)
            below = one.hash
        return found

    def _part(self, numbers: Sequence[int], provider: str) -> list[BlockData]:
        try:
            found = self._asked(numbers, provider)
            for number, one in zip(numbers, found, strict=True):
                check_block(one, number=number)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # Something that has to be there is null, or of another kind.
            raise Torn(f"block {numbers[0]:,} or one after it is not what a block is: {type(error).__name__} {error}") from error
        return found

    def _asked(self, numbers: Sequence[int], provider: str) -> list[BlockData]:
        blocks = [Call("eth_getBlockByNumber", [hex(number), True]) for number in numbers]
        if not self._with_receipts:
            return [
                BlockData(answered(block, number=number))
                for number, block in zip(numbers, self._rpc.batch(blocks, provider=provider), strict=True)
            ]
        if not self._receipts_by_block:
            return self._one_by_one(numbers, provider)
        receipts = [Call("eth_getBlockReceipts", [hex(number)]) for number in numbers]
        try:
            said = self._rpc.batch([*blocks, *receipts], provider=provider)
        except NodeError as error:
            if not error.is_unsupported:
                raise
            self._receipts_by_block = False
            return self._one_by_one(numbers, provider)
        answers = zip(numbers, said[: len(numbers)], said[len(numbers) :], strict=True)
        return [BlockData(answered(block, number=number), _told(told, number)) for number, block, told in answers]

    def _one_by_one(self, numbers: Sequence[int], provider: str) -> list[BlockData]:
        """Of a node that gives the receipts of a block only one at a time."""
        asked = self._rpc.batch([Call("eth_getBlockByNumber", [hex(number), True]) for number in numbers], provider=provider)
        blocks = [answered(block, number=number) for number, block in zip(numbers, asked, strict=True)]
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
