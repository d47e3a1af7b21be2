"""Which methods may be called, and what each is like: reading only, of EVM nodes."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Family(StrEnum):
    """What metrics, time-outs and hedging go by."""

    HEAD = "head"
    BLOCK = "block"
    RECEIPTS = "receipts"
    TRANSACTION = "transaction"
    LOGS = "logs"
    STATE = "state"
    CALL = "call"
    TRACE = "trace"
    DEBUG = "debug"
    BEACON = "beacon"


# A well node answers them at once: a second one may be asked beside it, and one that is slow is stuck.
LIGHT = frozenset({Family.HEAD, Family.BLOCK, Family.RECEIPTS, Family.TRANSACTION, Family.STATE})

_FAMILIES = {
    **dict.fromkeys(
        ("eth_blockNumber", "eth_chainId", "eth_gasPrice", "eth_maxPriorityFeePerGas", "eth_blobBaseFee", "eth_baseFee", "eth_feeHistory",
         "eth_syncing", "eth_protocolVersion", "eth_config", "net_version", "net_listening", "net_peerCount", "web3_clientVersion", "web3_sha3"),
        Family.HEAD,
    ),
    **dict.fromkeys(("eth_getBalance", "eth_getCode", "eth_getStorageAt", "eth_getTransactionCount", "eth_getProof", "eth_getAccount"), Family.STATE),
    **dict.fromkeys(("eth_call", "eth_callMany", "eth_estimateGas", "eth_createAccessList", "eth_simulateV1"), Family.CALL),
    **dict.fromkeys(("eth_getTransactionReceipt", "eth_getBlockReceipts", "eth_getTransactionReceiptsByBlock"), Family.RECEIPTS),
    "eth_getLogs": Family.LOGS,
}  # fmt: skip
_BLOCKS = re.compile(r"eth_get(Block(By|TransactionCountBy)|Header|Uncle)[A-Za-z]+")
_TRANSACTIONS = re.compile(r"eth_get(Raw)?TransactionBy[A-Za-z]+|eth_getTransactionBySenderAndNonce")
_TRACES, _DEBUGS = re.compile(r"trace_[A-Za-z]+"), re.compile(r"debug_(trace|getRaw)[A-Za-z]+")
_FILTERS = re.compile(r"eth_(new|uninstall)[A-Za-z]*Filter|eth_getFilter[A-Za-z]+")
SUBSCRIBING = frozenset({"eth_subscribe", "eth_unsubscribe"})


@lru_cache(maxsize=1024)
def family_of(method: str) -> Family | None:
    """None: it may not be called."""
    if found := _FAMILIES.get(method):
        return found
    for pattern, family in (
        (_BLOCKS, Family.BLOCK), (_TRANSACTIONS, Family.TRANSACTION), (_TRACES, Family.TRACE), (_DEBUGS, Family.DEBUG)
    ):  # fmt: skip
        if pattern.fullmatch(method):
            return family
    return None


def why_refused(method: str) -> str:
    """What is told for a method without a family."""
    shown = method if len(method) <= 80 and method.isprintable() else "This method"
    if method in SUBSCRIBING:
        return f"{shown} is for a WebSocket: open one at the same address, or poll eth_blockNumber."
    if _FILTERS.fullmatch(method):
        return f"{shown} is refused: a filter lives in one node and dies with it. Ask eth_getLogs for a range, or eth_subscribe on a WebSocket."
    return f"{shown} is refused: this gateway reads chains and neither writes nor administers them. Docs: guides/chains.md."
