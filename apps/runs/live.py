"""Who looks at what, and hears of a change of it: one connection that listens for the whole process, whatever the number of pages.

A notice carries an id and no content. Whoever hears it asks again by the ordinary way, with the rights of that moment, so a notice
that is lost is a delay and nothing else; pages poll beside it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from uuid import UUID

import psycopg
import structlog
from django.conf import settings

from apps.platform.listening import kept_alive

log = structlog.get_logger("trace.live")
CHANNEL = "trace_live"
# Streams of one process, and how long one lasts: a browser comes back by itself, and its rights are looked at anew.
MOST_STREAMS, LONGEST_SECONDS = 500, 600
_BEAT_SECONDS, _SETTLE_SECONDS, _AGAIN_SECONDS = 15.0, 0.25, 2.0
_OPENED, _BEAT, _CHANGED = b"retry: 3000\n\n", b": beat\n\n", b"data: changed\n\n"


class Hub:
    """Of one event loop."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._waiting: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        return sum(map(len, self._waiting.values())) >= MOST_STREAMS

    async def stream(self, *about: UUID) -> AsyncGenerator[bytes, None]:
        """Server-sent events: `changed`, at most four a second, and a beat that keeps proxies from hanging up."""
        changed = asyncio.Event()
        for one in about:
            self._waiting[one].add(changed)
        self._ensure_listening()
        ends_at = asyncio.get_running_loop().time() + LONGEST_SECONDS
        try:
            yield _OPENED
            while asyncio.get_running_loop().time() < ends_at:
                yield await self._next(changed)
        finally:
            for one in about:
                self._leave(one, changed)

    @staticmethod
    async def _next(changed: asyncio.Event) -> bytes:
        try:
            await asyncio.wait_for(changed.wait(), _BEAT_SECONDS)
        except TimeoutError:
            return _BEAT
        # A thousand lines a second are four notices.
        await asyncio.sleep(_SETTLE_SECONDS)
        changed.clear()
        return _CHANGED

    def _leave(self, about: UUID, changed: asyncio.Event) -> None:
        self._waiting[about].discard(changed)
        if not self._waiting[about]:
            del self._waiting[about]
        if not self._waiting and self._listener:
            self._listener.cancel()
            self._listener = None

    def _ensure_listening(self) -> None:
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except psycopg.OperationalError as error:
                log.warning("live_connection_lost", error=str(error))
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _hear(self) -> None:
        async with await psycopg.AsyncConnection.connect(kept_alive(self._dsn), autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            # What was said while nobody listened: everybody looks once.
            self._wake(*self._waiting)
            async for notice in connection.notifies():
                self._tell(notice.payload)

    def _tell(self, payload: str) -> None:
        try:
            self._wake(UUID(payload))
        except ValueError:
            log.warning("live_notice_unknown", payload=payload[:80])

    def _wake(self, *about: UUID) -> None:
        for one in about:
            for changed in self._waiting.get(one, ()):
                changed.set()


_hubs: dict[int, Hub] = {}


def hub() -> Hub:
    """Of the loop that runs: events belong to theirs."""
    loop = id(asyncio.get_running_loop())
    if loop not in _hubs:
        _hubs[loop] = Hub(settings.CONFIG.state_dsn)
    return _hubs[loop]


async def stream(*about: UUID) -> AsyncGenerator[bytes, None]:
    """Nothing where there are too many already: the page polls on."""
    here = hub()
    if here.is_full:
        return
    async for part in here.stream(*about):
        yield part
