"""A chain made of hashes: each field is a stream of bytes, and a block is a place in it. No loop goes over blocks."""

from __future__ import annotations

from hashlib import shake_256
from typing import TYPE_CHECKING

from operators.demo_blocks.config import DemoBlocksConfig

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

# As much of a stream as is made at once: a block is found without making those before it.
STRETCH = 8_192
LAST_BLOCK = 2**32 - 1
GENESIS_AT, BLOCKS_PER_SECOND = 1_500_000_000, 2
_HASH, _ADDRESS, _WORD = 32, 20, 8
_AUTHORS = 64
_MOST_TRANSACTIONS = 400
_EXTRA = b"a demo of Trace"


def blocks(config: DemoBlocksConfig, start: int, end: int) -> pa.Table:
    """From `start` to `end`, both inclusive and below `LAST_BLOCK`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    streams = _Streams(f"{config.seed}/{config.chain_id}/{config.gas_limit}")
    count = end - start + 1
    numbers = pa.array(range(start, end + 1), pa.uint32())
    chance = pa.Array.from_buffers(pa.uint64(), count, [None, pa.py_buffer(streams.read("fields", start, end, _WORD))])
    seconds = pc.divide(numbers, pa.scalar(BLOCKS_PER_SECOND, pa.uint32()))
    return pa.table({
        "block_number": numbers,
        "block_hash": _fixed(streams.hashes(start, end), _HASH),
        "parent_hash": _fixed(streams.hashes(start - 1, end - 1), _HASH),
        "timestamp": pc.add(seconds, pa.scalar(GENESIS_AT, pa.uint32())),
        "author": _authors(streams).take(_share(chance, 48, _AUTHORS)),
        # Of 32 bits as many as make a number below the limit.
        "gas_used": _below(pc.shift_right(chance, pa.scalar(32, pa.uint64())), 32, config.gas_limit),
        "extra_data": pa.repeat(pa.scalar(_EXTRA, pa.binary()), count),
        "base_fee_per_gas": pc.add(_share(chance, 16, 40_000), pa.scalar(1_000_000_000, pa.uint64())),
        "chain_id": pa.repeat(pa.scalar(config.chain_id, pa.uint64()), count),
        "transaction_count": _share(chance, 0, _MOST_TRANSACTIONS).cast(pa.uint32()),
    })  # fmt: skip


class _Streams:
    def __init__(self, name: str) -> None:
        self._name = name

    def read(self, field: str, start: int, end: int, width: int) -> bytes:
        """`width` bytes for each block."""
        first = start // STRETCH
        made = b"".join(self._stretch(field, number, width) for number in range(first, end // STRETCH + 1))
        return made[(start - first * STRETCH) * width : (end + 1 - first * STRETCH) * width]

    def hashes(self, start: int, end: int) -> bytes:
        """From -1 on: below the first block is nothing, as on any chain."""
        nothing = bytes(_HASH) if start < 0 else b""
        return nothing + self.read("hash", max(start, 0), end, _HASH) if end >= 0 else nothing

    def _stretch(self, field: str, number: int, width: int) -> bytes:
        return shake_256(f"{self._name}/{field}/{number}".encode()).digest(STRETCH * width)


def _authors(streams: _Streams) -> pa.Array:
    return _fixed(streams.read("author", 0, _AUTHORS - 1, _ADDRESS), _ADDRESS)


def _fixed(made: bytes, width: int) -> pa.Array:
    import pyarrow as pa

    return pa.Array.from_buffers(pa.binary(width), len(made) // width, [None, pa.py_buffer(made)])


def _share(chance: pa.Array, bit: int, most: int) -> pa.Array:
    """Of 16 bits of it, a number below `most`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    bits = pc.bit_wise_and(pc.shift_right(chance, pa.scalar(bit, pa.uint64())), pa.scalar(0xFFFF, pa.uint64()))
    return _below(bits, 16, most)


def _below(bits: pa.Array, width: int, most: int) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.shift_right(pc.multiply(bits, pa.scalar(most, pa.uint64())), pa.scalar(width, pa.uint64()))
