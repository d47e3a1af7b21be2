"""Which blocks the chain is asked about, and how likely it is that a wrong one is among them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import ceil, exp, lgamma


def sampled(blocks: Sequence[int], percent: float, *, chain_id: int, key: str) -> list[int]:
    """Of a partition always the same ones, so that another attempt finds what this one found. At least one of any."""
    if percent >= 100 or not blocks:
        return list(blocks)
    count = min(len(blocks), max(1, ceil(len(blocks) * percent / 100)))
    chance = random.Random(f"{chain_id}/{key}/{blocks[0]}-{blocks[-1]}/{percent}")  # noqa: S311  nobody is kept out by it
    return sorted(chance.sample(list(blocks), count))


def detection(blocks: int, looked_at: int, wrong: int) -> float:
    """The probability that at least one of `wrong` blocks is among those looked at: 1 - C(blocks - wrong, looked_at) / C(blocks, looked_at)."""
    if wrong <= 0 or looked_at <= 0:
        return 0.0
    if looked_at > blocks - wrong:
        return 1.0
    return 1.0 - exp(_log_choose(blocks - wrong, looked_at) - _log_choose(blocks, looked_at))


def _log_choose(of: int, some: int) -> float:
    return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1)
