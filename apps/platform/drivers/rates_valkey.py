"""Counters in Valkey, which every process of every machine shares."""

from __future__ import annotations

import time

import structlog
from redis import RedisError

from apps.platform.broker import asked_once
from apps.platform.ports.rates import WINDOW, Window

log = structlog.get_logger("trace.rates")
_SECONDS = 0.25
# A call must not pay for a server that is down: it is asked again after this.
_REST_SECONDS = 5.0


class ValkeyRates:
    def __init__(self, url: str) -> None:
        self._valkey = asked_once(url, seconds=_SECONDS, decode_responses=True)
        self._rests_until = 0.0

    def hit(self, key: str, window: Window) -> tuple[int, int]:
        if time.monotonic() < self._rests_until:
            return 0, 0
        try:
            return self._count(key, window)
        except RedisError as error:
            log.warning("rate limits rest", reason=str(error), seconds=_REST_SECONDS)
            self._rests_until = time.monotonic() + _REST_SECONDS
            return 0, 0

    def _count(self, key: str, window: Window) -> tuple[int, int]:
        before, this = (f"trace:rate:{key}:{number}" for number in (window.number - 1, window.number))
        with self._valkey.pipeline(transaction=False) as both:
            both.get(before)
            both.incr(this)
            both.expire(this, 2 * WINDOW)
            earlier, now, _ = both.execute()
        return int(earlier or 0), int(now)
