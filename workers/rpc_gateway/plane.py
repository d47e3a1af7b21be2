"""The pools, as the internal plane tells them. While it is away those that were told last are served."""

from __future__ import annotations

import asyncio
import ssl

import aiohttp
import structlog
from pydantic import ValidationError

from apps.platform.contracts.rpc import GATEWAY_TOKEN_HEADER, POOLS_PATH, GatewayPools
from apps.platform.errors import Transient

log = structlog.get_logger("trace.rpc_gateway")

_TIMEOUT = aiohttp.ClientTimeout(total=10)


class PoolsPlane:
    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = f"{url}{POOLS_PATH}", token
        # Apart from that which speaks to providers, whose rules are not for our own plane.
        self._client = aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False)
        self._problem = "it has not told its pools yet"

    async def ask(self) -> GatewayPools:
        """Raises Transient."""
        try:
            async with self._client.get(self._url, headers={GATEWAY_TOKEN_HEADER: self._token}, allow_redirects=False) as answer:
                body = await answer.read()
        except (TimeoutError, aiohttp.ClientError, ssl.SSLError, OSError) as error:
            raise Transient(f"the internal plane does not answer: {type(error).__name__}") from None
        if answer.status in {401, 403}:
            raise Transient("the internal plane refuses TRACE_GATEWAY_TOKEN: give both the same")
        if answer.status != 200:
            raise Transient(f"the internal plane answered {answer.status}")
        try:
            return GatewayPools.model_validate_json(body)
        except ValidationError as error:
            # Not its words: they would show what was told.
            where = ", ".join(".".join(map(str, one["loc"])) for one in error.errors(include_input=False, include_url=False)[:3])
            raise Transient(f"the internal plane told pools that cannot be read: {where}") from None

    async def close(self) -> None:
        await self._client.close()
        await asyncio.sleep(0)
