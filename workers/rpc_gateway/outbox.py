"""What is to be written to one caller's socket. A caller that does not read is dropped: nothing is kept for it for ever."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

import structlog
from aiohttp import WSCloseCode, web

from apps.platform import metrics
from workers.rpc_gateway.limits import Limits

log = structlog.get_logger("trace.rpc_gateway")

# A caller that reads nothing does not hear either why it is closed.
_GOODBYE_SECONDS = 1.0
_MOST_REASON_BYTES = 120


class Outbox:
    def __init__(self, socket: web.WebSocketResponse, request: web.Request, limits: Limits) -> None:
        self._socket, self._request, self._limits = socket, request, limits
        self._waiting: deque[str] = deque()
        self._bytes = 0
        self._something, self._ended = asyncio.Event(), asyncio.Event()
        self._goodbye = (int(WSCloseCode.OK), "")

    def put(self, text: str) -> None:
        if self._ended.is_set():
            return
        self._waiting.append(text)
        self._bytes += len(text)
        # One answer may be larger than the bound: it is no sign of a caller that does not read.
        if len(self._waiting) > self._limits.most_unsent or (
            len(self._waiting) > 1 and self._bytes > self._limits.most_unsent_bytes
        ):
            metrics.RPC_DROPPED.inc()
            log.warning("rpc_caller_dropped", unsent=len(self._waiting), bytes=self._bytes)
            self._waiting.clear()
            self.end(WSCloseCode.TRY_AGAIN_LATER, "You do not read what is announced: connect again.")
        self._something.set()

    def end(self, code: int, why: str) -> None:
        if not self._ended.is_set():
            self._goodbye = (int(code), why)
            self._ended.set()

    async def write(self) -> None:
        """Until it is ended, or the caller is gone."""
        sending = asyncio.create_task(self._send())
        ended = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait({sending, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, ended):
                task.cancel()
            await asyncio.gather(sending, ended, return_exceptions=True)
        if self._ended.is_set():
            await self._close()

    async def _send(self) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            while True:
                await self._something.wait()
                while self._waiting:
                    text = self._waiting.popleft()
                    await self._socket.send_str(text)
                    self._bytes -= len(text)
                self._something.clear()

    async def _close(self) -> None:
        code, why = self._goodbye
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._socket.close(code=code, message=why.encode()[:_MOST_REASON_BYTES])
        except TimeoutError:
            pass
        finally:
            if self._request.transport is not None:
                self._request.transport.abort()
