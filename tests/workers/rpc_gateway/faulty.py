"""A proxy before a real node that does to its answers what providers do: late, limited, broken off, of another chain."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import aiohttp
from aiohttp import web


@dataclass
class Exchange:
    """A request, and the node's true answer to it when `pass_on` was called."""

    proxy: FaultyProxy
    request: web.Request
    body: bytes

    async def pass_on(self) -> bytes:
        return await self.proxy.ask_node(self.body)

    def answer(
        self, body: bytes | str, *, status: int = 200, content_type: str = "application/json", **headers: str
    ) -> web.Response:
        text = body.encode() if isinstance(body, str) else body
        return web.Response(
            status=status,
            body=text,
            content_type=content_type,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )


Act = Callable[[Exchange], Awaitable[web.StreamResponse]]


@dataclass
class _Fault:
    act: Act
    methods: Collection[str]
    times: int | None


@cache
def _shared_loop() -> asyncio.AbstractEventLoop:
    """Of all proxies, for the whole run: connections that were just taken would outlive a loop of one proxy."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


@dataclass
class FaultyProxy:
    """Between the gateway and `node_url`. `requests`: bodies that came, `asked`: how often each method did."""

    node_url: str
    path: str = "/"
    requests: list[Any] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    headers_seen: list[Mapping[str, str]] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self._fault: _Fault | None = None
        self._loop = _shared_loop()
        self._sockets: set[web.WebSocketResponse] = set()
        self._is_deaf = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def start(self) -> None:
        self._run(self._listen())

    def stop(self) -> None:
        self._run(self._end())

    # What it does to answers

    def breaks(self, act: Act, *, methods: Collection[str] = (), times: int | None = None) -> None:
        """From now on, or for so many requests; only for those with one of `methods` where some are named."""
        self._fault = _Fault(act, methods, times)

    def heals(self) -> None:
        self._fault, self._is_deaf = None, False

    def drops_sockets(self) -> None:
        async def drop() -> None:
            for socket in list(self._sockets):
                await socket.close()

        self._run(drop())

    def silences_sockets(self) -> None:
        """They stay open, and nothing goes through any more."""
        self._is_deaf = True

    @property
    def sockets(self) -> int:
        return len(self._sockets)

    def forgets(self) -> None:
        self.requests.clear()
        self.asked.clear()
        self.most_open = 0

    async def ask_node(self, body: bytes) -> bytes:
        async with self._client.post(self.node_url, data=body, headers={"Content-Type": "application/json"}) as answer:
            return await answer.read()

    # How

    def _run(self, doing: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(20)

    async def _listen(self) -> None:
        self._client = aiohttp.ClientSession()
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _end(self) -> None:
        for socket in list(self._sockets):
            await socket.close()
        await self._runner.cleanup()
        await self._client.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.headers_seen.append(dict(request.headers))
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._pipe(request)
        body = await request.read()
        said = json.loads(body)
        self.requests.append(said)
        methods = [one["method"] for one in (said if isinstance(said, list) else [said])]
        self.asked.update(methods)
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            exchange = Exchange(self, request, body)
            if act := self._due(methods):
                return await act(exchange)
            return exchange.answer(await exchange.pass_on())
        finally:
            self.open_now -= 1

    def _due(self, methods: Collection[str]) -> Act | None:
        fault = self._fault
        if fault is None or (fault.methods and not set(fault.methods) & set(methods)) or fault.times == 0:
            return None
        if fault.times:
            fault.times -= 1
        return fault.act

    async def _pipe(self, request: web.Request) -> web.StreamResponse:
        caller = web.WebSocketResponse(autoping=False)
        await caller.prepare(request)
        self._sockets.add(caller)
        try:
            async with self._client.ws_connect(self.node_url.replace("http", "ws", 1), autoping=False) as node:
                copying = [asyncio.create_task(self._copy(caller, node)), asyncio.create_task(self._copy(node, caller))]
                await asyncio.wait(copying, return_when=asyncio.FIRST_COMPLETED)
                for task in copying:
                    task.cancel()
                await asyncio.gather(*copying, return_exceptions=True)
        finally:
            self._sockets.discard(caller)
            await caller.close()
        return caller

    async def _copy(self, source: Any, target: Any) -> None:
        async for message in source:
            if self._is_deaf:
                continue
            if message.type is aiohttp.WSMsgType.TEXT:
                await target.send_str(message.data)
            elif message.type is aiohttp.WSMsgType.PING:
                await target.ping(message.data)
            elif message.type is aiohttp.WSMsgType.PONG:
                await target.pong(message.data)


# What there is to do


def late(seconds: float) -> Act:
    async def act(exchange: Exchange) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return exchange.answer(await exchange.pass_on())

    return act


async def never_answers(exchange: Exchange) -> web.StreamResponse:
    """The connection stays open."""
    await asyncio.sleep(3_600)
    raise AssertionError


def limited(*, retry_after: str = "") -> Act:
    async def act(exchange: Exchange) -> web.StreamResponse:
        return exchange.answer(
            "slow down", status=429, content_type="text/plain", **({"Retry_After": retry_after} if retry_after else {})
        )

    return act


def status(code: int, body: str = "it broke") -> Act:
    async def act(exchange: Exchange) -> web.StreamResponse:
        return exchange.answer(body, status=code, content_type="text/html")

    return act


async def text_body(exchange: Exchange) -> web.StreamResponse:
    return exchange.answer("<html>Please sign in</html>", content_type="text/html")


async def truncated(exchange: Exchange) -> web.StreamResponse:
    """A whole answer of HTTP, with half of the JSON."""
    whole = await exchange.pass_on()
    return exchange.answer(whole[: len(whole) // 2])


async def closes_in_the_middle(exchange: Exchange) -> web.StreamResponse:
    whole = await exchange.pass_on()
    answer = web.StreamResponse(headers={"Content-Length": str(len(whole)), "Content-Type": "application/json"})
    await answer.prepare(exchange.request)
    await answer.write(whole[: len(whole) // 2])
    assert exchange.request.transport is not None
    exchange.request.transport.abort()
    return answer


def changes(change: Callable[[str, Any], Any]) -> Act:
    """`change(method, result)`: what is answered in place of each result."""

    async def act(exchange: Exchange) -> web.StreamResponse:
        asked, said = json.loads(exchange.body), json.loads(await exchange.pass_on())
        methods = {one["id"]: one["method"] for one in (asked if isinstance(asked, list) else [asked])}
        for one in said if isinstance(said, list) else [said]:
            if "result" in one:
                one["result"] = change(methods[one["id"]], one["result"])
        return exchange.answer(json.dumps(said))

    return act


def absurd_head(number: int) -> Act:
    """It announces a head that no chain has."""

    def change(method: str, result: Any) -> Any:
        if method == "eth_blockNumber":
            return hex(number)
        is_head = method == "eth_getBlockByNumber" and result and int(result["number"], 16) > 0
        return {**result, "number": hex(number)} if is_head else result

    return changes(change)


def errors(code: int, message: str, *, data: Any = None, methods: Collection[str] = ()) -> Act:
    """An error of JSON-RPC to each call, or to those of `methods`."""

    async def act(exchange: Exchange) -> web.StreamResponse:
        asked, said = json.loads(exchange.body), json.loads(await exchange.pass_on())
        named = {one["id"]: one["method"] for one in (asked if isinstance(asked, list) else [asked])}
        for one in said if isinstance(said, list) else [said]:
            if not methods or named[one["id"]] in methods:
                one.pop("result", None)
                one["error"] = {"code": code, "message": message} | ({"data": data} if data is not None else {})
        return exchange.answer(json.dumps(said))

    return act


def replies(body: bytes) -> Act:
    async def act(exchange: Exchange) -> web.StreamResponse:
        return exchange.answer(body)

    return act


def stuck_at(number: int) -> Act:
    """Its head stays where it was; what it answers is true but old."""

    async def act(exchange: Exchange) -> web.StreamResponse:
        asked = json.loads(exchange.body)
        for one in asked if isinstance(asked, list) else [asked]:
            if one["method"] == "eth_getBlockByNumber" and one["params"][0] in {"latest", "finalized"}:
                one["params"][0] = hex(number if one["params"][0] == "latest" else 0)
        said = json.loads(await exchange.proxy.ask_node(json.dumps(asked).encode()))
        answers = {one["id"]: one for one in (said if isinstance(said, list) else [said])}
        for one in asked if isinstance(asked, list) else [asked]:
            if one["method"] == "eth_blockNumber":
                answers[one["id"]]["result"] = hex(number)
        return exchange.answer(json.dumps(said))

    return act
