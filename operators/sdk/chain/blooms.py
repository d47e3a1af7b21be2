"""Whether the logs of a block are those that its bloom speaks of: a log that a provider leaves out is seen by what it would have set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from operators.sdk.chain.decoding import Json

_BITS = 2048


@lru_cache(maxsize=200_000)
def _bits(text: str) -> int:
    """Of an address or a topic: three of the 2,048."""
    from eth_hash.auto import keccak  # noqa: PLC0415  only who asks for logs needs it

    digest = keccak(bytes.fromhex(text[2:]))
    return (
        1 << (int.from_bytes(digest[0:2], "big") % _BITS)
        | 1 << (int.from_bytes(digest[2:4], "big") % _BITS)
        | 1 << (int.from_bytes(digest[4:6], "big") % _BITS)
    )


def bloom_of(logs: Iterable[Json]) -> int:
    words: set[str] = set()
    for log in logs:
        words.add(log["address"])
        words.update(log["topics"])
    found = 0
    for word in words:
        found |= _bits(word)
    return found


def says_otherwise(block: Json, logs: Sequence[Json]) -> bool:
    """Some chains show a block before it was executed: a bloom of nothing says nothing there, where logs came."""
    told = int(block.get("logsBloom") or "0x0", 16)
    return told != bloom_of(logs) and not (told == 0 and len(logs) > 0)
