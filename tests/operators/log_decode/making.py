"""Logs as a chain has them, made of an event and its values, and a decoder for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from eth_abi.abi import encode
from eth_hash.auto import keccak

from operators.log_decode.abi import EventFragment
from operators.log_decode.decoder import Decoder
from operators.log_decode.words import Kind
from operators.sdk.chain.decoding import Form

CONTRACT, OTHER = bytes(range(20)), bytes(range(20, 40))


def event(name: str, *inputs: tuple[str, str] | tuple[str, str, bool]) -> EventFragment:
    """Arguments as `(name, type)`, and `True` behind those that are indexed."""
    arguments = [{"name": one[0], "type": one[1], "indexed": len(one) == 3} for one in inputs]
    return EventFragment.model_validate({"type": "event", "name": name, "inputs": arguments})


TRANSFER = event("Transfer", ("from", "address", True), ("to", "address", True), ("value", "uint256"))
OF_ONE = event("Transfer", ("from", "address", True), ("to", "address", True), ("tokenId", "uint256", True))


def log_of(made: EventFragment, values: Sequence[Any], **changes: Any) -> dict[str, Any]:
    """As its contract would write it."""
    topics = [keccak(made.signature.encode())]
    for argument, value in zip(made.inputs, values, strict=True):
        if argument.indexed:
            word = encode([argument.canonical], [value])
            topics.append(word if Kind.of(argument.type) else keccak(word))
    plain = [(argument, value) for argument, value in zip(made.inputs, values, strict=True) if not argument.indexed]
    data = encode([argument.canonical for argument, _ in plain], [value for _, value in plain])
    return log(topics, data, **changes)


def log(topics: Sequence[bytes], data: bytes, **changes: Any) -> dict[str, Any]:
    padded = [*topics, *[None] * (4 - len(topics))]
    return {
        "block_number": 7, "block_hash": b"\x07" * 32, "transaction_index": 1, "log_index": 3, "transaction_hash": b"\x01" * 32,
        "address": CONTRACT, **{f"topic{place}": topic for place, topic in enumerate(padded)}, "data": data, "chain_id": 1,
    } | changes  # fmt: skip


_LARGE = pa.large_binary()
SCHEMA = pa.schema({
    "block_number": pa.uint32(), "block_hash": _LARGE, "transaction_index": pa.uint32(), "log_index": pa.uint32(), "transaction_hash": _LARGE,
    "address": _LARGE, "topic0": _LARGE, "topic1": _LARGE, "topic2": _LARGE, "topic3": _LARGE, "data": _LARGE, "chain_id": pa.uint64(),
})  # fmt: skip


def batch(*logs: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(logs), SCHEMA)


def decoder(*events: EventFragment, form: Form = Form.FILE, contracts: Sequence[str] = ()) -> Decoder:
    return Decoder(events, contracts, dict.fromkeys(range(len(events)), form))


def decoded(made: EventFragment, *logs: dict[str, Any], form: Form = Form.FILE) -> list[dict[str, Any]]:
    """The arguments of each, without what places it."""
    found = decoder(made, form=form).decode(batch(*logs))
    return found[0].select(made.columns).to_pylist() if 0 in found else []
