"""A pool of several real nodes, each asked by its name: what a gateway is to an operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from operators.sdk.json_rpc import JsonRpc
from operators.sdk.rpc import Call, Heads
from tests.fixtures.chain import Node


class Several:
    """An `Rpc`. What names no provider goes to the first. `addresses`: of those that are no node of ours."""

    def __init__(self, pool: str = "standard", *, named: Mapping[str, Node | JsonRpc]) -> None:
        self._by_name = {name: one.rpc if isinstance(one, Node) else one for name, one in named.items()}
        self._pool, self._last = pool, ""

    @property
    def pool(self) -> str:
        return self._pool

    @property
    def chain_id(self) -> int:
        return next(iter(self._by_name.values())).chain_id

    @property
    def answered_by(self) -> str:
        return self._last

    @property
    def address(self) -> str:
        return next(iter(self._by_name.values())).address

    def call(self, method: str, params: Sequence[Any] = (), *, provider: str = "") -> Any:
        return self._one(provider).call(method, params)

    def batch(self, calls: Sequence[Call], *, provider: str = "") -> list[Any]:
        return self._one(provider).batch(calls)

    def get(self, path: str, *, ask: Sequence[Any] | Mapping[str, Any] | None = None) -> Any:
        return self._one("").get(path, ask=ask)

    def heads(self) -> AbstractContextManager[Heads]:
        return self._one("").heads()

    def providers(self) -> Sequence[str]:
        return list(self._by_name)

    def _one(self, provider: str) -> JsonRpc:
        self._last = provider or next(iter(self._by_name))
        return self._by_name[self._last]
