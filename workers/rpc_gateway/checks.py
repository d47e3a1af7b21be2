"""What an answer must be to be one to the question: a load balancer whose nodes differ, or a cache that mixes them up, is found here."""

from __future__ import annotations

from typing import Any

from workers.rpc_gateway.envelopes import Call

# Of a call: the parameter, and what the answer must repeat of it.
_BY_HASH = {"eth_getBlockByHash": "hash", "eth_getTransactionByHash": "hash", "eth_getTransactionReceipt": "transactionHash"}


def contradiction(call: Call, value: Any) -> str:
    """Empty where nothing speaks against it; null is an answer to anything."""
    params = call.params
    if value is None or not isinstance(params, list) or not params:
        return ""
    match call.method:
        case "eth_getBlockByNumber":
            return _other(number_of(params[0]), value, "number")
        case "eth_getBlockReceipts":
            return _receipts(params[0], value)
        case "eth_getLogs":
            return _logs(params[0], value)
        case method if field := _BY_HASH.get(method):
            return _other_hash(params[0], value, field)
    return ""


def number_of(given: Any) -> int | None:
    """Of a block parameter that is a number, not a tag or a hash."""
    if not isinstance(given, str) or not given.startswith("0x") or len(given) > 18:
        return None
    try:
        return int(given, 16)
    except ValueError:
        return None


def _other(asked: int | None, value: Any, field: str) -> str:
    if not isinstance(value, dict):
        return "it is no object"
    said = number_of(value.get(field))
    return f"{field} is {said} where {asked} was asked for" if asked is not None and said != asked else ""


def _other_hash(asked: Any, value: Any, field: str) -> str:
    if not isinstance(value, dict):
        return "it is no object"
    said = value.get(field)
    is_same = isinstance(said, str) and isinstance(asked, str) and said.lower() == asked.lower()
    return "" if is_same else f"{field} is another than was asked for"


def _receipts(asked: Any, value: Any) -> str:
    wanted = number_of(asked)
    if not isinstance(value, list):
        return "it is no list"
    return next((f"a receipt is of block {said}" for said in _blocks_of(value) if wanted is not None and said != wanted), "")


def _logs(asked: Any, value: Any) -> str:
    if not isinstance(value, list):
        return "it is no list"
    if not isinstance(asked, dict):
        return ""
    first, last = number_of(asked.get("fromBlock")), number_of(asked.get("toBlock"))
    for said in _blocks_of(value):
        if said is not None and ((first is not None and said < first) or (last is not None and said > last)):
            return f"a log of block {said} is not in the range that was asked for"
    return ""


def _blocks_of(rows: list[Any]) -> set[int | None]:
    """Many rows are of few blocks: each is read once."""
    told = {one["blockNumber"] for one in rows if isinstance(one, dict) and isinstance(one.get("blockNumber"), str)}
    return {number_of(one) for one in told} | ({None} if len(told) == 0 and rows else set())
