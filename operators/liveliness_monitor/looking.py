"""The last block of a chain, by whoever of its pool sees furthest."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from operators.sdk.errors import Retry
from operators.sdk.rpc import Call, NodeError, Rpc, require_chain

_AT_ONCE = 8


@dataclass(frozen=True)
class Seen:
    number: int
    hash: str
    timestamp: int


@dataclass
class Look:
    """`behind`: how many blocks each provider is below the highest. `silent`: who did not answer, and why."""

    highest: Seen | None = None
    behind: dict[str, int] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)


def look(rpc: Rpc, *, chain_id: int) -> Look:
    """Each provider is asked for itself: one that lags must not make a chain look dead. Raises ConfigurationError for another chain."""
    try:
        # One that has not been asked yet may not know whom it would ask.
        names: Sequence[str] = rpc.providers() or [""]
    except Retry as error:
        return Look(silent={rpc.pool: str(error)})
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="look") as threads:
        answers = dict(zip(names, threads.map(lambda name: _asked(rpc, name, chain_id), names), strict=True))
    seen = {name: answer for name, answer in answers.items() if isinstance(answer, Seen)}
    silent = {name or rpc.pool: answer for name, answer in answers.items() if isinstance(answer, str)}
    if not seen:
        return Look(silent=silent or {rpc.pool: "it has no provider"})
    highest = max(seen.values(), key=lambda one: (one.number, one.timestamp))
    return Look(highest, {name: highest.number - one.number for name, one in seen.items()}, silent)


def _asked(rpc: Rpc, provider: str, chain_id: int) -> Seen | str:
    """What it saw, or why nothing."""
    try:
        chain, block = rpc.batch([Call("eth_chainId"), Call("eth_getBlockByNumber", ["latest", False])], provider=provider)
        require_chain(rpc, int(chain, 16), chain_id)
        return Seen(int(block["number"], 16), str(block["hash"]), int(block["timestamp"], 16))
    except (Retry, NodeError) as error:
        return str(error)
    except (TypeError, KeyError, ValueError):
        return "its answer is no block"
