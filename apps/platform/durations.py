"""Durations as documents write them: `30s`, `5m`, `1h`, `7d`."""

from __future__ import annotations

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds_of(duration: str | None) -> int | None:
    """`5m` is 300."""
    return int(duration[:-1]) * _SECONDS[duration[-1]] if duration else None
