"""How fast a provider has been, and how often it failed."""

from __future__ import annotations

from collections import deque

from workers.rpc_gateway.methods import Family

_KEPT = 200
_FADES = 0.1


class Timings:
    """Of the last calls of each family; what is old fades."""

    def __init__(self) -> None:
        self._all: deque[float] = deque(maxlen=_KEPT)
        self._by_family: dict[Family, deque[float]] = {}
        self.average: float | None = None
        self.error_rate = 0.0

    def succeeded(self, family: Family, seconds: float) -> None:
        self._all.append(seconds)
        self._by_family.setdefault(family, deque(maxlen=_KEPT)).append(seconds)
        self.average = seconds if self.average is None else self.average + _FADES * (seconds - self.average)
        self.error_rate *= 1 - _FADES

    def failed(self) -> None:
        self.error_rate += _FADES * (1 - self.error_rate)

    def percentile(self, share: float, family: Family | None = None) -> float | None:
        kept = self._by_family.get(family, ()) if family else self._all
        if not kept:
            return None
        ordered = sorted(kept)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
