"""How an operator asks a chain: `task.rpc(pool)`. Calls go through the platform's gateway, which knows the providers of the pool.

rpc = task.rpc(task.config.rpc_pool)
head = rpc.call("eth_blockNumber")
block, receipts = rpc.batch([Call("eth_getBlockByNumber", [head, True]), Call("eth_getBlockReceipts", [head])])
with rpc.heads() as heads:
    while (head := heads.next(seconds=1)) is None: ...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from operators.sdk.errors import ConfigurationError


@dataclass(frozen=True)
class Call:
    method: str
    params: Sequence[Any] = ()


class NodeError(Exception):
    """The node answered, and its answer is an error: asking again most likely gives it again. What passes by itself is a Retry."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{message} ({code})")
        self.code, self.message, self.data = code, message, data

    @property
    def is_unsupported(self) -> bool:
        """The node has no such method."""
        words = self.message.lower()
        return self.code == -32601 or (
            "method" in words and any(one in words for one in ("not found", "not supported", "does not exist"))
        )


@dataclass(frozen=True)
class Head:
    """As a provider announced it. `block` is what came with it: a header."""

    number: int
    hash: str
    parent_hash: str
    block: Mapping[str, Any]


class Heads(Protocol):
    """New heads as they are announced. One may be missed, or told twice: it says only that it is time to look."""

    def next(self, *, seconds: float) -> Head | None:
        """The newest that came meanwhile; None where none did. Raises Retry when the connection is gone: poll, and open it again."""


class Rpc(Protocol):
    """Of one pool. One provider answers all calls of a task as long as it is well; `answered_by` says which one it was.

    Every call raises NodeError for what the node refuses, and Retry when no provider of the pool answers now. May be called from several threads.
    """

    @property
    def pool(self) -> str: ...

    @property
    def chain_id(self) -> int: ...

    @property
    def answered_by(self) -> str:
        """The provider of this thread's last answer; empty before the first."""

    @property
    def address(self) -> str:
        """Where a program that can send no headers may call it. It holds the right to do so: never log it."""

    def call(self, method: str, params: Sequence[Any] = (), *, provider: str = "") -> Any:
        """With `provider` that one alone is asked, and no other in its place."""

    def batch(self, calls: Sequence[Call], *, provider: str = "") -> list[Any]:
        """The answers in order, all of one provider. Raises what the first that failed would have raised."""

    def get(self, path: str, *, ask: Sequence[Any] | Mapping[str, Any] | None = None) -> Any:
        """Of a pool of beacon nodes: what one of them answers at `eth/v1/…`. `ask` is sent along where a question is too long for a path.
        Raises NodeError with the HTTP status as its code for what the node refuses, 404 for what it does not know.
        """

    def heads(self) -> AbstractContextManager[Heads]:
        """Raises Retry where no provider of the pool announces heads."""

    def providers(self) -> Sequence[str]:
        """Names of those that may be asked now, the best first."""


def require_chain(rpc: Rpc, said: int, wanted: int) -> None:
    """`said`: by the pool. `wanted`: by the job. Raises ConfigurationError where they differ."""
    if said != wanted:
        raise ConfigurationError(
            f"The pool {rpc.pool} is of chain {said}, and this job says chain {wanted}: name another pool, or correct `chain_id`."
        )
