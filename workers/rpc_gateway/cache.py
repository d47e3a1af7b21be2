"""Answers about finalised blocks, of all pools, in a bounded number of bytes: what was asked longest ago goes first."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from workers.rpc_gateway.envelopes import Answer

_Key = tuple[str, str, str]
# An entry costs this beside its text.
_OVERHEAD = 400


@dataclass(frozen=True, slots=True)
class Kept:
    """`said`: the JSON, compressed by nothing but its encoding; `provider` answered it."""

    said: bytes
    provider: str


class Cache:
    def __init__(self, most_bytes: int) -> None:
        self._most, self.bytes = most_bytes, 0
        self._kept: OrderedDict[_Key, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, pool: str, key: tuple[str, str]) -> Kept | None:
        found = self._kept.get((pool, *key))
        if found:
            self._kept.move_to_end((pool, *key))
        return found

    def put(self, pool: str, key: tuple[str, str], answer: Answer, provider: str) -> None:
        said = answer.raw.encode()
        # One answer must not push out everything else.
        if len(said) > self._most // 16:
            return
        self._drop((pool, *key))
        self._kept[pool, *key] = Kept(said, provider)
        self.bytes += len(said) + _OVERHEAD
        while self.bytes > self._most:
            self._drop(next(iter(self._kept)))

    def forget(self, pool: str) -> int:
        """How many there were."""
        gone = [key for key in self._kept if key[0] == pool]
        for key in gone:
            self._drop(key)
        return len(gone)

    def _drop(self, key: _Key) -> None:
        if old := self._kept.pop(key, None):
            self.bytes -= len(old.said) + _OVERHEAD
