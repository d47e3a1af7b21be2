"""The one client that speaks to providers."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from workers.rpc_gateway.addresses import AddressRules
from workers.rpc_gateway.failures import Kind, ProviderFailed
from workers.rpc_gateway.limits import Limits

CHUNK_BYTES = 1 << 18


@dataclass
class Buffered:
    """Bytes of answers that are being read now, of all providers together."""

    most: int
    now: int = 0


class Rules(Protocol):
    def why_refused(self, address: str) -> str:
        """Empty where it may be called."""


class GuardedResolver(AbstractResolver):
    """Every connection asks it, so that a name cannot lead elsewhere after it was looked at."""

    def __init__(self, rules: Rules) -> None:
        self._rules, self._resolver = rules, ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        allowed = [one for one in found if not self._rules.why_refused(one["host"])]
        if not allowed:
            raise OSError("its address is one that the gateway does not call")
        return allowed

    async def close(self) -> None:
        await self._resolver.close()


def open_client(rules: AddressRules) -> aiohttp.ClientSession:
    """Connections that idle are closed before most servers would: a call on one that was just closed is lost time."""
    connector = aiohttp.TCPConnector(limit=0, resolver=GuardedResolver(rules), keepalive_timeout=20, ttl_dns_cache=30)
    return aiohttp.ClientSession(
        connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": "trace-rpc-gateway"}
    )


async def read_bounded(answer: aiohttp.ClientResponse, limits: Limits, buffered: Buffered) -> bytes:
    """The whole body. Raises ProviderFailed where it is more than this process may hold."""
    parts: list[bytes] = []
    size = 0
    try:
        while part := await answer.content.readany():
            parts.append(part)
            size += len(part)
            buffered.now += len(part)
            if size > limits.most_answer_bytes:
                raise ProviderFailed(
                    Kind.TOO_LARGE, f"its answer has more than {limits.most_answer_bytes >> 20} MiB: ask for fewer blocks at once"
                )
            if buffered.now > buffered.most:
                raise ProviderFailed(Kind.BUSY, "the gateway holds as many answers as it may", retry_after=1.0)
    finally:
        buffered.now -= size
    return parts[0] if len(parts) == 1 else b"".join(parts)
