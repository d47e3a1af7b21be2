"""What callers subscribe to, of one pool: it goes on at another provider when the one that told it is gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from workers.rpc_gateway.failures import ProviderFailed
from workers.rpc_gateway.pool import Pool
from workers.rpc_gateway.refusals import Refusal
from workers.rpc_gateway.streams import Stream

log = structlog.get_logger("trace.rpc_gateway")

# So long another provider is looked for; then callers are told to poll.
_MOVE_SECONDS = 5.0


class Subscriber(Protocol):
    """Both must return at once. `ended`: nothing more comes."""

    def told(self, said: str) -> None: ...

    def ended(self, why: str) -> None: ...


class Feed:
    """One subscription, for all who want it."""

    def __init__(self, pool: Pool, streams: Mapping[str, Stream], params: str) -> None:
        self._pool, self._streams, self._params = pool, streams, params
        self.subscribers: list[Subscriber] = []
        self.provider = ""
        self._moving: asyncio.Task[None] | None = None

    async def begin(self, *, avoid: str = "") -> None:
        """Raises ProviderFailed of the last provider that was tried; nothing is tried where none has a socket."""
        failed: ProviderFailed | None = None
        for one in sorted(self._pool.ranked([]), key=lambda one: one.name == avoid):
            if (stream := self._streams.get(one.name)) is None:
                continue
            try:
                await stream.subscribe(self._params, self)
            except ProviderFailed as error:
                failed = error
            else:
                self.provider = one.name
                return
        raise failed or Refusal(
            503, "no_heads", f"No provider of the pool {self._pool.name} announces anything now: poll.", retry_after=5
        )

    async def end(self) -> None:
        if self._moving:
            self._moving.cancel()
        if stream := self._streams.get(self.provider):
            await stream.unsubscribe(self._params, self)

    def told(self, said: str, value: Any) -> None:
        for subscriber in list(self.subscribers):
            subscriber.told(said)

    def lost(self, why: str) -> None:
        gone, self.provider = self.provider, ""
        log.info("rpc_subscription_moves", pool=self._pool.name, provider=gone, why=why)
        self._moving = asyncio.ensure_future(self._move(gone))

    async def _move(self, gone: str) -> None:
        until = time.monotonic() + _MOVE_SECONDS
        while self.subscribers and time.monotonic() < until:
            try:
                await self.begin(avoid=gone)
            except (ProviderFailed, Refusal):
                await asyncio.sleep(0.25)
            else:
                return
        for subscriber in list(self.subscribers):
            subscriber.ended("No provider announces heads now: poll, and subscribe again.")

    async def leave_if_unwell(self) -> None:
        """A provider that lies behind goes on announcing: nobody would know."""
        well = {one.name for one in self._pool.usable if one.lag(self._pool.head) <= self._pool.settings.most_head_lag}
        stream = self._streams.get(self.provider)
        if stream is None or self.provider in well or not well & self._streams.keys():
            return
        await stream.unsubscribe(self._params, self)
        self.lost("it is not well")


class Feeds:
    def __init__(self, pool: Pool, streams: Mapping[str, Stream]) -> None:
        self._pool, self._streams = pool, streams
        self._feeds: dict[str, Feed] = {}
        self._lock = asyncio.Lock()

    async def subscribe(self, params: str, subscriber: Subscriber) -> str:
        """The provider that tells it. Raises Refusal."""
        async with self._lock:
            feed = self._feeds.get(params)
            if feed is None:
                feed = Feed(self._pool, self._streams, params)
                try:
                    await feed.begin()
                except ProviderFailed as failed:
                    raise Refusal(502, "providers_failed", f"No provider subscribes: {failed.words}.", retry_after=5) from None
                self._feeds[params] = feed
            feed.subscribers.append(subscriber)
            return feed.provider

    async def unsubscribe(self, params: str, subscriber: Subscriber) -> None:
        async with self._lock:
            feed = self._feeds.get(params)
            if feed is None or subscriber not in feed.subscribers:
                return
            feed.subscribers.remove(subscriber)
            if not feed.subscribers:
                del self._feeds[params]
                await feed.end()

    async def leave_the_unwell(self) -> None:
        for feed in list(self._feeds.values()):
            await feed.leave_if_unwell()

    async def close(self, why: str) -> None:
        for feed in list(self._feeds.values()):
            for subscriber in list(feed.subscribers):
                subscriber.ended(why)
            await feed.end()
        self._feeds.clear()
