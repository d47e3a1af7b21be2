"""What a provider must have to answer a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workers.rpc_gateway.checks import number_of
from workers.rpc_gateway.envelopes import Call
from workers.rpc_gateway.methods import Family

# A node that is no archive keeps the state of so many blocks.
STATE_BLOCKS = 120
_NOTHING: frozenset[str] = frozenset()
# Where the block stands among the parameters.
_AT = {
    "eth_getBalance": 1, "eth_getCode": 1, "eth_getTransactionCount": 1, "eth_getStorageAt": 2, "eth_getProof": 2, "eth_call": 1,
    "eth_estimateGas": 1, "eth_createAccessList": 1,
}  # fmt: skip


def needs_of(calls: Sequence[Call], *, head: int | None) -> frozenset[str]:
    found = _NOTHING
    for call in calls:
        if call.family is Family.TRACE:
            found |= {"traces"}
        elif call.family is Family.DEBUG:
            found |= {"debug"}
        elif call.family in {Family.STATE, Family.CALL} and _is_old(call.method, call.params, head):
            found |= {"archive"}
    return found


def _is_old(method: str, params: Any, head: int | None) -> bool:
    at = _AT.get(method)
    if at is None or not isinstance(params, list) or len(params) <= at:
        return False
    if params[at] == "earliest":
        return True
    number = number_of(params[at])
    return number is not None and head is not None and number < head - STATE_BLOCKS
