"""Which answers can be kept: those about blocks that nothing changes any more."""

from __future__ import annotations

from typing import Any

from workers.rpc_gateway.checks import number_of
from workers.rpc_gateway.envelopes import Answer, Call

# Of a result: where the number of the block that it is about stands.
_BLOCK_OF = {
    "eth_getBlockByNumber": "number",
    "eth_getBlockByHash": "number",
    "eth_getTransactionByHash": "blockNumber",
    "eth_getTransactionReceipt": "blockNumber",
    "eth_getTransactionByBlockHashAndIndex": "blockNumber",
    "eth_getTransactionByBlockNumberAndIndex": "blockNumber",
}
_LISTS = frozenset({"eth_getBlockReceipts", "eth_getLogs"})
_OF_THE_CHAIN = frozenset({"eth_chainId", "net_version"})
# What says where the head is, and so is another block every time.
_TAGS = frozenset({"latest", "pending", "safe", "finalized", "earliest"})


def may_be_kept(call: Call) -> bool:
    """Whether to look for it at all; what it is about is known with its answer."""
    if call.method in _OF_THE_CHAIN:
        return True
    if call.method == "eth_getLogs":
        return _is_fixed_range(call.params)
    if call.method not in _BLOCK_OF and call.method not in _LISTS:
        return False
    return isinstance(call.params, list) and bool(call.params) and call.params[0] not in _TAGS


def is_final(call: Call, answer: Answer, *, finalized: int | None) -> bool:
    """An error, null or an empty list may be otherwise a moment later, when a provider has found its block."""
    if answer.is_error or not answer.value:
        return False
    if call.method in _OF_THE_CHAIN:
        return True
    if finalized is None:
        return False
    if call.method == "eth_getLogs" and (last := number_of(call.params[0].get("toBlock"))) is not None:
        return last <= finalized
    about = answer.value[0] if isinstance(answer.value, list) else answer.value
    number = number_of(about.get(_BLOCK_OF.get(call.method, "blockNumber"))) if isinstance(about, dict) else None
    return number is not None and number <= finalized


def _is_fixed_range(params: Any) -> bool:
    if not isinstance(params, list) or not params or not isinstance(params[0], dict):
        return False
    asked = params[0]
    return "blockHash" in asked or (number_of(asked.get("fromBlock")) is not None and number_of(asked.get("toBlock")) is not None)
