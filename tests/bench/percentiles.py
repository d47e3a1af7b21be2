from __future__ import annotations

from collections.abc import Sequence
from statistics import median, quantiles

p50 = median


def p95(values: Sequence[float]) -> float:
    return quantiles(values, n=100, method="inclusive")[94]
