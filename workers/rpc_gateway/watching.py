"""Follows the heads of one provider in the background, and looks again and again whether it still is what it was."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import structlog

from workers.rpc_gateway.checks import number_of
from workers.rpc_gateway.envelopes import Answer, Call
from workers.rpc_gateway.failures import ProviderFailed
from workers.rpc_gateway.methods import Family
from workers.rpc_gateway.pool import Pool
from workers.rpc_gateway.provider import Provider
from workers.rpc_gateway.streams import Stream

log = structlog.get_logger("trace.rpc_gateway")

NEW_HEADS = '["newHeads"]'
# A provider whose socket is silent while its head moves on has lost the subscription.
_SILENT_SECONDS = 5.0
_AGAIN_SECONDS = 0.5
# How soon it is noticed that somebody looks at a pool that idles.
_GLANCE_SECONDS = 1.0
_PATIENCE = 60.0


def _block(number: str) -> Call:
    return Call("0", "eth_getBlockByNumber", [number, False], Family.BLOCK)


_CHAIN_ID, _VERSION = Call("0", "eth_chainId", [], Family.HEAD), Call("0", "web3_clientVersion", [], Family.HEAD)
_GENESIS, _LATEST, _FINALIZED = _block("0x0"), _block("latest"), _block("finalized")


class Watcher:
    def __init__(self, pool: Pool, provider: Provider, stream: Stream | None) -> None:
        self._pool, self._provider, self._stream = pool, provider, stream
        self._verified_at = self._told_at = 0.0
        self._listens = False

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                await self._look()
            except ProviderFailed as failed:
                # Whether that was an accident is known soon, and not at the next look of a pool that idles.
                if not failed.is_limit:
                    self._provider.suspected.set()
                self._pool.learnt()
            except Exception:  # a fault of ours in one look must not end the watching
                log.exception("rpc_watching_failed", pool=self._pool.name, provider=self._provider.name)
            await self._pause()

    async def _look(self) -> None:
        provider, now = self._provider, time.monotonic()
        if provider.breaker.wait(now) > 0:
            return
        is_due = now - self._verified_at >= (
            self._pool.pace.verify_seconds if self._pool.is_awake else self._pool.pace.idle_seconds * 4
        )
        if not provider.known.is_verified or provider.suspected.is_set() or is_due:
            await self._verify()
        elif not self._is_told():
            (latest,) = await self._ask(_LATEST)
            self._saw(latest)
        await self._listen()

    async def _pause(self) -> None:
        provider = self._provider
        now = time.monotonic()
        if provider.breaker.wait(now) > 0:
            await asyncio.sleep(provider.breaker.wait(now))
            return
        if provider.suspected.is_set():
            await asyncio.sleep(_AGAIN_SECONDS)
            return
        await pause(self._pool, provider)

    async def _ask(self, *calls: Call) -> list[Answer]:
        until = time.monotonic() + _PATIENCE
        return await self._provider.ask(calls, patience=_PATIENCE, until=until)

    # What it is

    async def _verify(self) -> None:
        provider, anchor = self._provider, self._provider.head.anchor
        asked = [_CHAIN_ID, _GENESIS, _VERSION, _LATEST, _FINALIZED, *([_block(hex(anchor[0]))] if anchor else [])]
        chain_id, genesis, version, latest, finalized, *kept = await self._ask(*asked)
        self._verified_at = time.monotonic()
        if not self._is_of_this_chain(chain_id):
            return
        self._compare(genesis, kept[0] if kept else None)
        provider.known.client_version = str(version.value)[:120] if not version.is_error else ""
        provider.known.is_verified = True
        provider.breaker.succeeded()
        provider.known.problem = ""
        self._saw(latest)
        self._note_finalized(finalized)
        provider.suspected.clear()
        self._pool.learnt()

    def _is_of_this_chain(self, chain_id: Answer) -> bool:
        provider, wanted = self._provider, self._pool.settings.chain_id
        said = number_of(chain_id.value) if not chain_id.is_error else None
        if said == wanted:
            if provider.known.banned.startswith(_OTHER_CHAIN):
                provider.known.banned = ""
            return True
        told = f"chain {said}" if said is not None else "no chain that it would name"
        if not provider.known.banned:
            log.error("rpc_wrong_chain", pool=self._pool.name, provider=provider.name, said=said, wanted=wanted)
        provider.known.banned = f"{_OTHER_CHAIN} {told}, and the pool is chain {wanted}: it is never used."
        provider.suspected.clear()
        self._pool.learnt()
        return False

    def _compare(self, genesis: Answer, anchor: Answer | None) -> None:
        """With what it said before: a node that was started anew with another chain makes everything untrue that was kept of it."""
        head = self._provider.head
        said = _hash_of(genesis)
        if head.genesis and said and said != head.genesis:
            head.anchor = None
            self._pool.forget_answers(why=f"{self._provider.name} has another first block")
        elif head.anchor and anchor and not anchor.is_error and _hash_of(anchor) != head.anchor[1]:
            head.anchor = None
            self._pool.forget_answers(why=f"{self._provider.name} has another block where one was final")
        head.genesis = said or head.genesis

    def _note_finalized(self, answer: Answer) -> None:
        head = self._provider.head
        number, block_hash = _number_of(answer), _hash_of(answer)
        head.finalized = number
        if number and block_hash:
            head.anchor = (number, block_hash)

    # Where its head is

    def _saw(self, answer: Answer) -> None:
        number, block_hash = _number_of(answer), _hash_of(answer)
        if number is None or block_hash is None:
            return
        known = self._provider.head.number
        if (
            self._listens
            and known is not None
            and number > known
            and time.monotonic() - self._told_at > _SILENT_SECONDS
            and self._stream
        ):
            self._stream.reset("it announces no heads any more")
        self._note_head(number, block_hash)

    def _is_told(self) -> bool:
        return self._listens and time.monotonic() - self._told_at < max(_SILENT_SECONDS, self._pool.poll_seconds)

    async def _listen(self) -> None:
        """While somebody calls: an open socket costs a provider little, and its announcements cost us nothing."""
        wants = self._stream is not None and self._pool.is_awake and self._provider.is_usable
        if self._stream is None or wants == self._listens:
            return
        if not wants:
            self._listens = False
            await self._stream.unsubscribe(NEW_HEADS, self)
            return
        try:
            await self._stream.subscribe(NEW_HEADS, self)
        except ProviderFailed as failed:
            log.info("rpc_heads_not_announced", pool=self._pool.name, provider=self._provider.name, why=failed.words)
        else:
            self._listens, self._told_at = True, time.monotonic()

    def told(self, said: str, value: Any) -> None:
        self._told_at = time.monotonic()
        if not isinstance(value, dict):
            return
        number, block_hash = number_of(value.get("number")), value.get("hash")
        if number is not None and isinstance(block_hash, str):
            self._note_head(number, block_hash)

    def _note_head(self, number: int, block_hash: str) -> None:
        known = self._provider.head.number
        if known is not None and number < known:
            self._provider.suspected.set()
        self._pool.saw_head(self._provider, number, block_hash)

    def lost(self, why: str) -> None:
        self._listens = False
        # A node that closes its sockets may be on its way to another chain.
        self._provider.suspected.set()


_OTHER_CHAIN = "It is"


async def pause(pool: Pool, provider: Provider) -> None:
    """Until the next look; shorter where the pool wakes up meanwhile, or the provider is suspected."""
    began = time.monotonic()
    while (left := began + pool.poll_seconds - time.monotonic()) > 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(provider.suspected.wait(), min(left, _GLANCE_SECONDS))
            return


def _number_of(answer: Answer) -> int | None:
    return number_of(answer.value.get("number")) if not answer.is_error and isinstance(answer.value, dict) else None


def _hash_of(answer: Answer) -> str | None:
    found = answer.value.get("hash") if not answer.is_error and isinstance(answer.value, dict) else None
    return found if isinstance(found, str) else None
