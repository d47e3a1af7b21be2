"""Logs as columns, column by column: hashes have one length, so that a whole column of them is one piece of hex."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from operators.sdk.chain.decoding import Json

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there


def quick_logs(logs: Sequence[Json], chain_id: int) -> pa.Table:
    """The columns of `LOGS`, as cryo writes them."""
    import pyarrow as pa

    topics = [log["topics"] for log in logs]
    return pa.table({
        "block_number": pa.array([int(log["blockNumber"], 16) for log in logs], pa.uint32()),
        "block_hash": hex_column([log["blockHash"] for log in logs]),
        "transaction_index": pa.array([int(log["transactionIndex"], 16) for log in logs], pa.uint32()),
        "log_index": pa.array([int(log["logIndex"], 16) for log in logs], pa.uint32()),
        "transaction_hash": hex_column([log["transactionHash"] for log in logs]),
        "address": hex_column([log["address"] for log in logs]),
        **{f"topic{place}": hex_column([one[place] if len(one) > place else None for one in topics]) for place in range(4)},
        "data": hex_column([log["data"] for log in logs]),
        "chain_id": pa.array([chain_id] * len(logs), pa.uint64()),
    })  # fmt: skip


def hex_column(values: Sequence[str | None]) -> pa.Array:
    """Of 0x text, each with an even number of digits; None is null."""
    import pyarrow as pa

    lengths = [0 if one is None else len(one) // 2 - 1 for one in values]
    data = bytes.fromhex("".join([one[2:] for one in values if one is not None]))
    offsets = pa.array([0, *accumulate(lengths)], pa.int64())
    mask: Any = None
    if None in values:
        mask = pa.array([one is not None for one in values], pa.bool_()).buffers()[1]
    return pa.Array.from_buffers(pa.large_binary(), len(values), [mask, offsets.buffers()[1], pa.py_buffer(data)])
