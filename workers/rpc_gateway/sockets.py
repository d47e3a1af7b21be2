"""WebSockets of callers: calls as over HTTP, and what they subscribe to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Coroutine
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from apps.platform import metrics
from apps.platform.contracts.rpc import PoolKind
from workers.rpc_gateway.envelopes import Asked, Subscribing, read_request
from workers.rpc_gateway.gateway import Gateway
from workers.rpc_gateway.outbox import Outbox
from workers.rpc_gateway.reads import Reads, reads_of
from workers.rpc_gateway.refusals import Refusal
from workers.rpc_gateway.served import Served
from workers.rpc_gateway.subscriptions import Subscriptions
from workers.rpc_gateway.tickets import Held

log = structlog.get_logger("trace.rpc_gateway")

# Nothing comes back on a socket whose other side is gone; it is asked this often.
_HEARTBEAT_SECONDS = 30.0


class Sockets:
    """All that are open."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._open: set[Conversation] = set()

    async def serve(self, request: web.Request, held: Held) -> web.WebSocketResponse:
        served = await self._gateway.served(held, PoolKind.EVM)
        socket = web.WebSocketResponse(
            heartbeat=_HEARTBEAT_SECONDS, max_msg_size=self._gateway.limits.most_body_bytes, compress=False, timeout=2.0
        )
        await socket.prepare(request)
        conversation = Conversation(self._gateway, served, held, reads_of(request.headers), request, socket)
        self._open.add(conversation)
        metrics.RPC_SOCKETS.inc()
        try:
            await conversation.run()
        finally:
            metrics.RPC_SOCKETS.dec()
            self._open.discard(conversation)
            conversation.over.set()
        return socket

    async def close(self, why: str) -> None:
        for conversation in list(self._open):
            conversation.out.end(WSCloseCode.SERVICE_RESTART, why)
        if ending := [conversation.over for conversation in self._open]:
            await asyncio.wait([asyncio.ensure_future(over.wait()) for over in ending], timeout=2)


class Conversation:
    def __init__(
        self, gateway: Gateway, served: Served, held: Held, reads: Reads, request: web.Request, socket: web.WebSocketResponse
    ) -> None:  # fmt: skip
        self._gateway, self._held, self._reads, self._socket, self._served = gateway, held, reads, socket, served
        self.out = Outbox(socket, request, gateway.limits)
        self._subscriptions = Subscriptions(served.feeds, self.out, gateway.limits.most_subscriptions)
        self._calls: set[asyncio.Task[None]] = set()
        self.over = asyncio.Event()

    async def run(self) -> None:
        """Until either side ends it, or the ticket does."""
        left = self._held.expires - time.time()
        ending = asyncio.get_running_loop().call_later(
            max(left, 0.0), self.out.end, WSCloseCode.POLICY_VIOLATION, "The ticket has ended: open the pool anew."
        )
        writing = asyncio.create_task(self.out.write())
        reading = asyncio.create_task(self._read())
        try:
            await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ending.cancel()
            await self._subscriptions.end()
            for task in (reading, writing, *self._calls):
                task.cancel()
            await asyncio.gather(reading, writing, *self._calls, return_exceptions=True)

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                return
            self._served.pool.called()
            body = message.data.encode() if isinstance(message.data, str) else message.data
            # Not read further while it has that many open: the kernel then holds up the caller.
            while len(self._calls) >= self._gateway.limits.most_open_calls:
                await asyncio.wait(self._calls, return_when=asyncio.FIRST_COMPLETED)
            self._begin(self._answer(body))

    def _begin(self, answering: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(answering)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _answer(self, body: bytes) -> None:
        try:
            asked = read_request(body, most_calls=self._gateway.limits.most_calls, is_socket=True)
            begun: list[str] = []
            items = [await self._subscriptions.settle(one, begun) if isinstance(one, Subscribing) else one for one in asked.items]
            said = await self._gateway.answer_asked(self._held, Asked(items, asked.is_batch), self._reads)
        except Refusal as refusal:
            error = {"code": -32000, "message": refusal.message, "data": {"code": refusal.code}}
            self.out.put(json.dumps({"jsonrpc": "2.0", "id": _id_of(body), "error": error}))
            return
        except Exception:
            log.exception("rpc_fault")
            self.out.end(WSCloseCode.INTERNAL_ERROR, "The gateway has a fault; its log says which.")
            return
        self.out.put(said.text)
        for subscription in begun:
            self._subscriptions.announce(subscription)


def _id_of(body: bytes) -> Any:
    """Of a call that could not be answered: without it the caller would wait for ever."""
    with contextlib.suppress(ValueError, RecursionError):
        said = json.loads(body)
        if isinstance(said, dict) and isinstance(said.get("id"), (str, int)):
            return said["id"]
    return None
