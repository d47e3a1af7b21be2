"""The one WebSocket to a provider: whoever wants the same is told by the same subscription."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp
import yarl

from workers.rpc_gateway.exchange import failure_of
from workers.rpc_gateway.failures import Kind, ProviderFailed
from workers.rpc_gateway.scrubbing import Scrubber

_ANSWER_SECONDS = 5.0
# A socket on which nothing comes back for this long is half open.
_HEARTBEAT_SECONDS = 8.0
_MOST_MESSAGE_BYTES = 16 << 20


class Listener(Protocol):
    """Both must return at once. After `lost` nothing more comes: the subscription is gone."""

    def told(self, said: str, value: Any) -> None: ...

    def lost(self, why: str) -> None: ...


@dataclass
class _Subscription:
    id: str
    listeners: list[Listener] = field(default_factory=list)


class Stream:
    def __init__(self, client: aiohttp.ClientSession, url: str, headers: Mapping[str, str], scrubber: Scrubber) -> None:
        self._client, self._url, self._headers, self._scrubber = client, yarl.URL(url, encoded=True), dict(headers), scrubber
        self._lock = asyncio.Lock()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._calls: dict[int, tuple[str, asyncio.Future[Any]]] = {}
        self._number = 0
        self._by_key: dict[str, _Subscription] = {}
        self._by_id: dict[str, _Subscription] = {}

    async def subscribe(self, params: str, listener: Listener) -> None:
        """`params`: those of eth_subscribe, as JSON. Raises ProviderFailed."""
        async with self._lock:
            if (known := self._by_key.get(params)) is None:
                socket = await self._connected()
                await self._call(socket, "eth_subscribe", json.loads(params), makes=params)
                # Gone while its answer was read: told of by nobody.
                if (known := self._by_key.get(params)) is None:
                    raise ProviderFailed(Kind.CLOSED, "it closed its WebSocket")
            known.listeners.append(listener)

    async def unsubscribe(self, params: str, listener: Listener) -> None:
        async with self._lock:
            known = self._by_key.get(params)
            if known is None or listener not in known.listeners:
                return
            known.listeners.remove(listener)
            if known.listeners:
                return
            del self._by_key[params], self._by_id[known.id]
            socket = self._socket
            if not self._by_key:
                await self._close()
            elif socket is not None:
                with contextlib.suppress(ProviderFailed):
                    await self._call(socket, "eth_unsubscribe", [known.id])

    def reset(self, why: str) -> None:
        """Everybody who listens hears that it is over."""
        self._lost(why)

    async def close(self) -> None:
        async with self._lock:
            self._lost("the gateway reads its pools anew")
            await self._close()

    async def _connected(self) -> aiohttp.ClientWebSocketResponse:
        if self._socket is not None and not self._socket.closed:
            return self._socket
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                self._socket = await self._client.ws_connect(
                    self._url, headers=self._headers, heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_MOST_MESSAGE_BYTES, compress=0,
                )  # fmt: skip
        except TimeoutError:
            raise ProviderFailed(Kind.TIMED_OUT, "its WebSocket does not open") from None
        except aiohttp.ClientError as error:
            raise failure_of(error) from None
        self._reader = asyncio.create_task(self._read(self._socket))
        return self._socket

    async def _call(self, socket: aiohttp.ClientWebSocketResponse, method: str, params: Any, *, makes: str = "") -> Any:
        self._number += 1
        number, said = self._number, asyncio.get_running_loop().create_future()
        self._calls[number] = (makes, said)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await socket.send_str(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
                return await said
        except TimeoutError:
            raise ProviderFailed(Kind.TIMED_OUT, f"its WebSocket does not answer {method}") from None
        except (aiohttp.ClientError, ConnectionError):
            raise ProviderFailed(Kind.CLOSED, "it closed its WebSocket") from None
        finally:
            self._calls.pop(number, None)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            try:
                self._hear(json.loads(self._scrubber.answer(message.data)))
            except (ValueError, RecursionError, AttributeError, TypeError):
                break
        if socket is self._socket:
            self._lost("it closed its WebSocket")
        await socket.close()

    def _hear(self, said: Any) -> None:
        if "id" in said and said["id"] is not None:
            self._hear_answer(said)
        elif said.get("method") == "eth_subscription":
            told = said["params"]
            known = self._by_id.get(told["subscription"])
            if known:
                text = json.dumps(told["result"], separators=(",", ":"))
                for listener in list(known.listeners):
                    listener.told(text, told["result"])

    def _hear_answer(self, said: Any) -> None:
        makes, waiting = self._calls.get(said["id"], ("", None))
        if waiting is None or waiting.done():
            return
        if "result" not in said:
            message = self._scrubber.error(str(said.get("error", {}).get("message", "")))[:200]
            waiting.set_exception(ProviderFailed(Kind.WRONG_ANSWER, f"it does not subscribe: {message}"))
            return
        if makes:
            # Here, and not where it is waited for: the first announcement may be the next message.
            made = _Subscription(str(said["result"]))
            self._by_key[makes] = self._by_id[made.id] = made
        waiting.set_result(said["result"])

    def _lost(self, why: str) -> None:
        socket, self._socket = self._socket, None
        subscriptions, self._by_key, self._by_id = list(self._by_key.values()), {}, {}
        for _, waiting in self._calls.values():
            if not waiting.done():
                waiting.set_exception(ProviderFailed(Kind.CLOSED, why))
        if socket is not None and not socket.closed:
            self._closing = asyncio.ensure_future(socket.close())
        for subscription in subscriptions:
            for listener in subscription.listeners:
                listener.lost(why)

    async def _close(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()
        if self._reader is not None:
            self._reader.cancel()
