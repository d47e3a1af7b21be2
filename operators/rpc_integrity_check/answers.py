"""What a provider answers of a block, in a form in which two that mean the same are the same.

Only what every node must tell is compared: nodes differ in what they add, in the case of hexadecimal digits and in leading zeros.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from operators.rpc_integrity_check.config import Answer
from operators.sdk.errors import Retry
from operators.sdk.rpc import NodeError, Rpc

_BLOCK = (
    "number", "hash", "parentHash", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "miner", "gasLimit", "gasUsed",
    "timestamp", "extraData", "transactions",
)  # fmt: skip
_LOG = ("blockHash", "transactionHash", "transactionIndex", "logIndex", "address", "topics", "data")
_RECEIPT = (
    "blockHash",
    "transactionHash",
    "transactionIndex",
    "status",
    "gasUsed",
    "cumulativeGasUsed",
    "logsBloom",
    "contractAddress",
)
_NUMBERS = {"number", "gasLimit", "gasUsed", "cumulativeGasUsed", "timestamp", "transactionIndex", "logIndex", "status"}
_LONGEST = 500


class Lack(StrEnum):
    """Why there is nothing to compare."""

    BEHIND = "behind"
    UNSUPPORTED = "unsupported"
    SILENT = "silent"


@dataclass(frozen=True)
class Said:
    """An answer, or why there is none."""

    answer: Any = None
    lack: Lack | None = None
    why: str = ""

    @property
    def hash(self) -> bytes | None:
        return None if self.lack else sha256(json.dumps(self.answer, sort_keys=True).encode()).digest()


def ask(rpc: Rpc, provider: str, number: int, wanted: list[Answer]) -> dict[Answer, Said]:
    """The block first: of one that it has not got, a node tells no logs rather than an error."""
    block = _said(rpc, provider, "eth_getBlockByNumber", [hex(number), False])
    if block.lack:
        return dict.fromkeys(wanted, block)
    calls: dict[Answer, tuple[str, list[Any]]] = {
        "receipts": ("eth_getBlockReceipts", [hex(number)]),
        "logs": ("eth_getLogs", [{"fromBlock": hex(number), "toBlock": hex(number)}]),
    }
    found = {one: block if one == "block" else _said(rpc, provider, *calls[one]) for one in wanted}
    return {one: _same_form(one, said) for one, said in found.items()}


def _said(rpc: Rpc, provider: str, method: str, params: list[Any]) -> Said:
    try:
        answer = rpc.call(method, params, provider=provider)
    except NodeError as error:
        return Said(lack=Lack.UNSUPPORTED if error.is_unsupported else Lack.SILENT, why=str(error))
    except Retry as error:
        return Said(lack=Lack.SILENT, why=str(error))
    return Said(lack=Lack.BEHIND, why="it does not have the block") if answer is None else Said(answer)


def _same_form(one: Answer, said: Said) -> Said:
    if said.lack:
        return said
    try:
        return Said(_FORMS[one](said.answer))
    except (AttributeError, TypeError, ValueError):
        return Said(lack=Lack.SILENT, why=f"its answer is nothing that a node answers: {json.dumps(said.answer)[:200]}")


def _fields(names: tuple[str, ...], said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(name, said.get(name)) for name in names}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, list):
        # Of a transaction that came whole its hash.
        return [_plain(name, one["hash"] if isinstance(one, dict) else one) for one in value]
    if value is None:
        return None
    return str(int(value, 16)) if name in _NUMBERS else str(value).lower()


def _logs(said: Any) -> list[Any]:
    return sorted((_fields(_LOG, log) for log in said), key=lambda log: int(log["logIndex"]))


def _receipts(said: Any) -> list[Any]:
    made = [_fields(_RECEIPT, one) | {"logs": _logs(one["logs"])} for one in said]
    return sorted(made, key=lambda one: int(one["transactionIndex"]))


_FORMS = {"block": lambda said: _fields(_BLOCK, said), "receipts": _receipts, "logs": _logs}


def first_difference(name: str, one: Any, other: Any) -> tuple[str, str, str]:
    """Where, what the one says there, and what the other."""
    return next(_differences(name, one, other))


def _differences(at: str, one: Any, other: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one:
            yield from _differences(f"{at}.{name}", one[name], other[name])
    elif isinstance(one, list) and isinstance(other, list):
        for place, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from _differences(f"{at}[{place}]", left, right)
        if len(one) != len(other):
            yield f"{at}.length", str(len(one)), str(len(other))
    elif one != other:
        yield at, _short(one), _short(other)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
