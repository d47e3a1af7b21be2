"""Traces as `trace_block` answers them: held against their block, and as cryo's columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from operators.sdk.chain.checking import Torn
from operators.sdk.chain.decoding import Json, bytes_of
from operators.sdk.chain.traces import TRACES
from operators.sdk.words import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

_GAS = 0xFFFFFFFF
_CALL_TYPES = {"callcode": "call_code", "delegatecall": "delegate_call", "staticcall": "static_call"}
_TYPES = {"selfdestruct": "suicide"}


def check_traces(block: Json, traces: Any) -> None:
    """Raises Torn. Every transaction has one trace without a path: itself."""
    number, sent = int(block["number"], 16), list(block["transactions"])
    if not isinstance(traces, list):
        raise Torn(f"the traces of block {number:,} were answered as nothing")
    if any(one["blockHash"] != block["hash"] for one in traces):
        raise Torn(f"a trace of block {number:,} is of another fork")
    own = [one["transactionHash"] for one in traces if one.get("transactionHash") and not one["traceAddress"]]
    # Nobody traces the genesis: its transactions are none.
    if own != sent:
        raise Torn(
            f"block {number:,} has {len(sent):,} transactions, and traces of {len(own):,} of them were answered, or in another order"
        )


def traces_table(traces: Iterable[Json], chain_id: int) -> pa.Table:
    import pyarrow as pa

    rows = [_row(one, chain_id) for one in traces]
    kinds = {
        ColumnType.UINT32: pa.uint32(), ColumnType.UINT64: pa.uint64(), ColumnType.TEXT: pa.large_string(),
        ColumnType.BYTES: pa.large_binary(), ColumnType.ADDRESS: pa.large_binary(), ColumnType.HASH: pa.large_binary(),
    }  # fmt: skip
    return pa.table({one.name: pa.array([row[one.name] for row in rows], kinds[one.type]) for one in TRACES})


def _row(trace: Json, chain_id: int) -> dict[str, Any]:
    kind: str = _TYPES.get(trace["type"]) or trace["type"]
    return {
        "block_number": trace["blockNumber"], "block_hash": bytes_of(trace["blockHash"]),
        "transaction_index": trace.get("transactionPosition"), "transaction_hash": bytes_of(trace.get("transactionHash")),
        "trace_address": "_".join(map(str, trace["traceAddress"])), "subtraces": trace["subtraces"], "action_type": kind,
        "error": trace.get("error"), "chain_id": chain_id,
        **_action(kind, trace["action"]), **_result(kind, trace.get("result")),
    }  # fmt: skip


def _action(kind: str, action: Json) -> dict[str, Any]:
    """Cryo keeps the lower 32 bits of gas, calls the author of a reward who it is from, and who was refunded who it went to."""
    made: dict[str, Any] = dict.fromkeys((
        "action_from", "action_to", "action_gas", "action_input", "action_call_type", "action_init", "action_reward_type",
    ))  # fmt: skip
    if kind in {"call", "create"}:
        made |= {"action_from": bytes_of(action["from"]), "action_gas": int(action["gas"], 16) & _GAS}
    if kind == "call":
        called = str(action["callType"]).lower()
        made |= {
            "action_to": bytes_of(action["to"]), "action_input": bytes_of(action["input"]),
            "action_call_type": _CALL_TYPES.get(called, called),
        }  # fmt: skip
    if kind == "create":
        made["action_init"] = bytes_of(action["init"])
    if kind == "suicide":
        made |= {"action_from": bytes_of(action["address"]), "action_to": bytes_of(action["refundAddress"])}
    if kind == "reward":
        reward = "uncle" if action["rewardType"] == "uncle" else "reward"
        made |= {"action_from": bytes_of(action["author"]), "action_reward_type": reward}
    made["action_value"] = str(int(action["balance" if kind == "suicide" else "value"], 16))
    return made


def _result(kind: str, result: Json | None) -> dict[str, Any]:
    told: Json = result or {}
    gas = told.get("gasUsed")
    return {
        "result_gas_used": None if gas is None else int(gas, 16) & _GAS, "result_output": bytes_of(told.get("output")),
        "result_code": bytes_of(told.get("code")) if kind == "create" else None,
        "result_address": bytes_of(told.get("address")) if kind == "create" else None,
    }  # fmt: skip
