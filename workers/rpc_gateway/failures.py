"""How a provider fails. The words are ours: what it said itself may hold its address and key."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    TIMED_OUT = "timed_out"
    NOT_REACHED = "not_reached"
    CLOSED = "closed"
    STATUS = "status"
    KEY_REFUSED = "key_refused"
    NOT_JSON = "not_json"
    WRONG_ANSWER = "wrong_answer"
    TOO_LARGE = "too_large"
    # It says that we ask too much; and our own limits for it.
    LIMITED = "limited"
    BUSY = "busy"


# How much each says about the provider's health: three in a row open the circuit.
_WEIGHTS = {Kind.TIMED_OUT: 2, Kind.KEY_REFUSED: 3, Kind.LIMITED: 0, Kind.BUSY: 0, Kind.TOO_LARGE: 0}
# What may well not happen a moment later, at the same provider.
_PASSING = frozenset({Kind.CLOSED, Kind.STATUS, Kind.NOT_JSON, Kind.NOT_REACHED})


class ProviderFailed(Exception):
    def __init__(self, kind: Kind, words: str, *, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.kind, self.words, self.retry_after = kind, words, retry_after

    @property
    def weight(self) -> int:
        return _WEIGHTS.get(self.kind, 1)

    @property
    def is_passing(self) -> bool:
        return self.kind in _PASSING

    @property
    def is_limit(self) -> bool:
        return self.kind in {Kind.LIMITED, Kind.BUSY}
