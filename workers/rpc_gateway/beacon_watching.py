"""Follows where a beacon node is, by what it says itself."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import structlog

from workers.rpc_gateway.beacon import Question, get
from workers.rpc_gateway.failures import ProviderFailed
from workers.rpc_gateway.pool import Pool
from workers.rpc_gateway.provider import Provider
from workers.rpc_gateway.watching import pause

log = structlog.get_logger("trace.rpc_gateway")

_AGAIN_SECONDS = 0.5


class BeaconWatcher:
    def __init__(self, pool: Pool, provider: Provider) -> None:
        self._pool, self._provider = pool, provider

    async def run(self) -> None:
        while True:
            provider, now = self._provider, time.monotonic()
            if (wait := provider.breaker.wait(now)) > 0:
                await asyncio.sleep(wait)
            try:
                await (self._poll() if provider.known.is_verified and not provider.suspected.is_set() else self._verify())
            except ProviderFailed as failed:
                if not failed.is_limit:
                    provider.suspected.set()
                self._pool.learnt()
            except Exception:  # a fault of ours in one look must not end the watching
                log.exception("rpc_watching_failed", pool=self._pool.name, provider=provider.name)
            await pause(self._pool, provider)
            if provider.suspected.is_set():
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _verify(self) -> None:
        provider, wanted = self._provider, self._pool.settings.chain_id
        said = await self._read("eth/v1/config/spec")
        chain_id = said.get("DEPOSIT_CHAIN_ID") or said.get("DEPOSIT_NETWORK_ID")
        if str(chain_id) != str(wanted):
            told = f"of chain {str(chain_id)[:30]}" if chain_id else "of no chain that its /eth/v1/config/spec names"
            provider.known.banned = f"It is {told}, and the pool of chain {wanted}: it is never used."
        else:
            provider.known.banned = ""
            provider.known.client_version = str((await self._read("eth/v1/node/version")).get("version", ""))[:120]
            provider.known.is_verified = True
            provider.breaker.succeeded()
            provider.known.problem = ""
            await self._poll()
        provider.suspected.clear()
        self._pool.learnt()

    async def _poll(self) -> None:
        provider = self._provider
        syncing = await self._read("eth/v1/node/syncing")
        header = await self._read("eth/v1/beacon/headers/head")
        slot, root = _whole(syncing.get("head_slot")), header.get("root")
        if slot is not None:
            self._pool.saw_head(provider, slot, str(root or ""))
        final = await self._read("eth/v1/beacon/states/head/finality_checkpoints")
        epoch = _whole(final.get("finalized", {}).get("epoch")) if isinstance(final.get("finalized"), dict) else None
        provider.head.finalized = epoch
        provider.known.problem = "It says that it is syncing." if syncing.get("is_syncing") is True else ""

    async def _read(self, path: str) -> dict[str, Any]:
        passed = await get(self._provider, Question("GET", path, ""), patience=30.0, until=time.monotonic() + 30.0)
        said = json.loads(passed.start) if passed.status == 200 and passed.rest is None else {}
        data = said.get("data") if isinstance(said, dict) else None
        return data if isinstance(data, dict) else {}


def _whole(said: Any) -> int | None:
    return int(said) if isinstance(said, str) and said.isascii() and said.isdigit() and len(said) < 20 else None
