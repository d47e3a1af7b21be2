"""The rate counter port: how many calls somebody made in this minute and in the one before.

Two minutes that slide over each other are as fair as a list of every call, and cost two numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class Window:
    """The minute that a moment lies in, by number, and how far into it the moment is."""

    number: int
    into: float

    @classmethod
    def at(cls, now: datetime) -> Window:
        into, number = math.modf(now.astimezone(UTC).timestamp() / WINDOW.total_seconds())
        return cls(int(number), into)


class RateCounter(Protocol):
    """Shared by every process of a plane; a counter that is down counts nothing and refuses nobody."""

    def hit(self, key: str, window: Window) -> tuple[int, int]:
        """Count one call. Returns the calls of the minute before and of this one, this call among them."""


def wait(before: int, this: int, *, limit: int, into: float) -> timedelta | None:
    """How long to wait, or None when the call may go on. Refused calls count as well, but never for longer than a minute."""
    before = min(before, limit)
    if this + before * (1 - into) <= limit:
        return None
    # The minute before fades; if this one alone is too much, it has to end first.
    enough = 1 - (limit - this) / before if this < limit and before else 1.0
    return max(timedelta(seconds=1), (enough - into) * WINDOW)
