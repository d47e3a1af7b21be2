"""The pools that are served: made of what the internal plane tells, watched, and replaced when their settings change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
import structlog

from apps.platform.contracts.rpc import GatewayPools, PoolKind, PoolSettings, ProviderSettings
from apps.platform.telemetry import redactor
from workers.rpc_gateway.addresses import AddressRules
from workers.rpc_gateway.beacon import BeaconProvider, BeaconWire
from workers.rpc_gateway.beacon_watching import BeaconWatcher
from workers.rpc_gateway.cache import Cache
from workers.rpc_gateway.exchange import Wire
from workers.rpc_gateway.feeds import Feeds
from workers.rpc_gateway.http import Buffered, open_client
from workers.rpc_gateway.limits import Limits, Pace
from workers.rpc_gateway.pool import Pool
from workers.rpc_gateway.provider import Provider
from workers.rpc_gateway.refusals import Refusal
from workers.rpc_gateway.streams import Stream
from workers.rpc_gateway.watching import Watcher

log = structlog.get_logger("trace.rpc_gateway")


@dataclass
class Served:
    pool: Pool
    feeds: Feeds
    streams: Mapping[str, Stream]
    watching: list[asyncio.Task[None]] = field(default_factory=list)

    async def close(self) -> None:
        for task in self.watching:
            task.cancel()
        await asyncio.gather(*self.watching, return_exceptions=True)
        await self.feeds.close("The pool's settings changed: connect again.")
        for stream in self.streams.values():
            await stream.close()


class Table:
    def __init__(self, rules: AddressRules, limits: Limits, pace: Pace) -> None:
        self._rules, self._limits, self._pace = rules, limits, pace
        self._client: aiohttp.ClientSession = open_client(rules)
        self._buffered = Buffered(limits.most_buffered_bytes)
        self._served: dict[str, Served] = {}
        self.cache = Cache(limits.cache_bytes)
        self.revision = ""

    @property
    def pools(self) -> list[Pool]:
        return [served.pool for _, served in sorted(self._served.items())]

    def __contains__(self, name: object) -> bool:
        return name in self._served

    def of(self, name: str) -> Served:
        if found := self._served.get(name):
            return found
        raise Refusal(404, "unknown_pool", f"There is no pool {name} any more: ask the platform's staff, or name another one.")

    async def apply(self, told: GatewayPools) -> None:
        """A pool that is as it was goes on with all that is known of it."""
        if told.revision == self.revision:
            return
        wanted = {one.name: one for one in told.pools}
        for name, served in list(self._served.items()):
            if wanted.get(name) != served.pool.settings:
                del self._served[name]
                self.cache.forget(name)
                # Beside: a socket that does not close must not hold up the others.
                self._closing = asyncio.ensure_future(served.close())
        for name, settings in wanted.items():
            if name not in self._served:
                self._served[name] = self._serve(settings)
        self.revision = told.revision
        log.info("rpc_pools_told", revision=told.revision, pools=sorted(wanted))

    async def leave_the_unwell(self) -> None:
        for served in list(self._served.values()):
            await served.feeds.leave_the_unwell()

    async def close(self) -> None:
        for served in list(self._served.values()):
            await served.close()
        self._served.clear()
        await self._client.close()

    def _serve(self, settings: PoolSettings) -> Served:
        providers = [self._provider(settings, one) for one in settings.providers]
        pool = Pool(settings, providers, self.cache, self._pace)
        streams = {one.name: self._stream(one) for one in providers if one.settings.ws_url and not one.known.banned}
        served = Served(pool, Feeds(pool, streams), streams)
        for one in providers:
            if not one.known.banned:
                watcher = (
                    BeaconWatcher(pool, one) if settings.kind is PoolKind.BEACON else Watcher(pool, one, streams.get(one.name))
                )
                served.watching.append(asyncio.create_task(watcher.run()))
        return served

    def _provider(self, pool: PoolSettings, settings: ProviderSettings) -> Provider:
        made = (BeaconProvider if pool.kind is PoolKind.BEACON else Provider)(pool, settings, self._limits, self._pace)
        redactor.learn(made.scrubber.keys)
        redactor.learn(url for url in (settings.url, settings.ws_url) if url)
        made.known.banned = self._rules.problem_of(settings)
        if made.known.banned:
            log.error("rpc_address_refused", pool=pool.name, provider=settings.name, why=made.known.banned)
            return made
        way = (self._client, settings.url, settings.headers, made.scrubber, self._limits, self._buffered)
        if isinstance(made, BeaconProvider):
            made.paths = BeaconWire(*way)
        else:
            made.wire = Wire(*way)
        return made

    def _stream(self, one: Provider) -> Stream:
        return Stream(self._client, one.settings.ws_url or "", one.settings.headers, one.scrubber)
