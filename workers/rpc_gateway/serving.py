"""HTTP of the gateway: who calls, what for, and every refusal in one form."""

from __future__ import annotations

import asyncio
import hmac
import re
import uuid
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from apps.platform.contracts.feeds import FEED_PATH, FEED_RETRY_HEADER, FEED_STATUS_HEADER
from apps.platform.contracts.rpc import GATEWAY_TOKEN_HEADER, PROVIDER_HEADER, PROVIDERS_PATH, RPC_PATH, STATUS_PATH
from workers.rpc_gateway.beacon import Passed, question_of
from workers.rpc_gateway.failures import ProviderFailed
from workers.rpc_gateway.fetching import BrokenOff, Fetched, asked_of, feed_ticket
from workers.rpc_gateway.gateway import Gateway
from workers.rpc_gateway.reads import reads_of
from workers.rpc_gateway.refusals import Refusal
from workers.rpc_gateway.sockets import Sockets
from workers.rpc_gateway.tickets import Held

log = structlog.get_logger("trace.rpc_gateway")

_GIVEN_ID = re.compile(r"[\w.-]{1,64}")
_TICKET_PATH = "/{ticket:[\\w.-]+}"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Serving:
    def __init__(self, gateway: Gateway, token: str) -> None:
        self._gateway, self._token = gateway, token.encode()
        self.sockets = Sockets(gateway)
        self._is_stopping = False

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._explained], client_max_size=self._gateway.limits.most_body_bytes)
        app.router.add_post(RPC_PATH, self._call)
        app.router.add_post(RPC_PATH + _TICKET_PATH, self._call)
        app.router.add_get(RPC_PATH, self._socket)
        app.router.add_get(RPC_PATH + _TICKET_PATH, self._socket)
        app.router.add_get(PROVIDERS_PATH, self._providers)
        app.router.add_get(STATUS_PATH, self._status)
        app.router.add_get("/beacon/{path:.+}", self._beacon)
        app.router.add_post("/beacon/{path:.+}", self._beacon)
        app.router.add_post(FEED_PATH, self._feed)
        app.router.add_get("/healthz", self._healthy)
        return app

    async def drain(self) -> None:
        """New calls are refused; sockets are told to come back."""
        self._is_stopping = True
        await self.sockets.close("The gateway stops: connect again.")

    # Entrances

    async def _call(self, request: web.Request) -> web.StreamResponse:
        held = self._held(request)
        said = await self._gateway.answer(held, await self._body(request), reads_of(request.headers))
        answer = web.Response(status=said.status, text=said.text, content_type="application/json")
        answer.headers[PROVIDER_HEADER] = said.provider
        return answer

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        held = self._held(request)
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise Refusal(405, "bad_request", "Calls are sent with POST; a GET opens a WebSocket, with the headers of one.")
        return await self.sockets.serve(request, held)

    async def _providers(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"providers": self._gateway.providers(self._held(request))})

    async def _status(self, request: web.Request) -> web.StreamResponse:
        given = request.headers.get(GATEWAY_TOKEN_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._token):
            raise Refusal(
                401, "bad_gateway_token", f"{GATEWAY_TOKEN_HEADER} is not the token of this gateway (TRACE_GATEWAY_TOKEN)."
            )
        return web.Response(text=self._gateway.status().model_dump_json(), content_type="application/json")

    async def _beacon(self, request: web.Request) -> web.StreamResponse:
        held = self._held(request)
        path = request.rel_url.raw_path.removeprefix("/beacon/")
        body = await self._body(request) if request.method == "POST" else b""
        passed, provider = await self._gateway.pass_on(
            held, question_of(request.method, path, request.rel_url.raw_query_string, body), reads_of(request.headers)
        )
        return await _pass(request, passed, provider)

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        ticket = feed_ticket(self._token_of(request), self._gateway.tickets.keys)
        async with self._gateway.feeds.fetch(ticket, asked_of(await self._body(request))) as fetched:
            return await _pass_feed(request, fetched)

    async def _healthy(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="ok\n")

    # What all have

    def _held(self, request: web.Request) -> Held:
        return self._gateway.tickets.check(self._token_of(request))

    def _token_of(self, request: web.Request) -> str:
        if self._is_stopping:
            raise Refusal(503, "stopping", "The gateway stops. Ask again in a moment.", retry_after=1.0)
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        return request.match_info.get("ticket", "") or (given.strip() if scheme.lower() == "bearer" else "")

    async def _body(self, request: web.Request) -> bytes:
        most = self._gateway.limits.most_body_bytes
        if (request.content_length or 0) > most:
            raise _too_large(most)
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._gateway.limits.body_seconds):
                while part := await request.content.readany():
                    parts.append(part)
                    size += len(part)
                    if size > most:
                        raise _too_large(most)
        except TimeoutError:
            raise Refusal(408, "body_too_slow", "The body did not come in time.") from None
        except web.RequestPayloadError:
            raise Refusal(400, "bad_request", "The body does not fit its headers.") from None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    @web.middleware
    async def _explained(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        try:
            answer = await handler(request)
        except Refusal as refusal:
            answer = refusal.response(request_id)
            if refusal.status in {408, 413}:
                answer.force_close()  # what is left of the body is not read
        except web.HTTPException as error:
            words = {404: "There is no such call.", 405: "The method does not fit this path."}
            code = "not_found" if error.status == 404 else "bad_request"
            answer = Refusal(error.status, code, words.get(error.status, "The request cannot be read.")).response(request_id)
        except ProviderFailed as failed:
            answer = Refusal(502, "providers_failed", f"The pool could not answer: {failed.words}.", retry_after=1).response(
                request_id
            )
        except Exception:
            log.exception("rpc_fault", request_id=request_id, method=request.method)
            answer = Refusal(500, "internal", "The gateway has a fault; its log says which.").response(request_id)
        if not answer.prepared:
            answer.headers["X-Request-Id"] = request_id
        return answer


async def _pass(request: web.Request, passed: Passed, provider: str) -> web.StreamResponse:
    headers = {PROVIDER_HEADER: provider, "Content-Type": passed.content_type}
    if passed.rest is None:
        return web.Response(status=passed.status, body=passed.start, headers=headers)
    answer = web.StreamResponse(status=passed.status, headers=headers)
    await answer.prepare(request)
    await answer.write(passed.start)
    try:
        async for part in passed.rest:
            await answer.write(part)
    except ProviderFailed as failed:
        log.warning("rpc_failed", provider=provider, why=failed.words)
        # Without its end the caller sees that it is not whole.
        if request.transport is not None:
            request.transport.abort()
        return answer
    await answer.write_eof()
    return answer


async def _pass_feed(request: web.Request, fetched: Fetched) -> web.StreamResponse:
    headers = {FEED_STATUS_HEADER: str(fetched.status), "Content-Type": fetched.content_type or "application/octet-stream"}
    if fetched.retry_after is not None:
        headers[FEED_RETRY_HEADER] = f"{fetched.retry_after:.0f}"
    answer = web.StreamResponse(headers=headers)
    await answer.prepare(request)
    try:
        async for part in fetched.parts():
            await answer.write(part)
    except BrokenOff as broken:
        log.warning("feed_broke_off", why=str(broken))
        if request.transport is not None:
            request.transport.abort()
        return answer
    await answer.write_eof()
    return answer


def _too_large(most: int) -> Refusal:
    return Refusal(413, "body_too_large", f"The body has more than {most >> 20} MiB: send fewer calls at once.")
