"""What answers as the gateway does, in front of a real node: who asks is checked by the real keys, and told apart by the contract."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from apps.platform import tokens
from apps.platform.contracts.rpc import (
    GATEWAY_TOKEN_HEADER,
    PROVIDER_HEADER,
    RPC_PATH,
    STATUS_PATH,
    TICKET_AUDIENCE,
    GatewayStatus,
    PoolHealth,
    Ticket,
)

TOKEN = "trace_gwy_token-of-the-tests"
NODES = Mapping[str, str]


class StandIn(ThreadingHTTPServer):
    """`nodes`: by provider, where it is. `pools`: what its status tells."""

    daemon_threads = True

    def __init__(self, nodes: NODES, pools: list[PoolHealth], jwks: Callable[[], Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.nodes, self.pools, self.jwks = nodes, pools, jwks
        self.tickets: list[Ticket] = []
        self.subjects: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_GET(self) -> None:
        if self.path != STATUS_PATH or self.headers.get(GATEWAY_TOKEN_HEADER) != TOKEN:
            return self._say(401, {"code": "bad_gateway_token", "message": "It is not the token of this gateway."})
        status = GatewayStatus(started_at=datetime.now(UTC), revision="1", pools=self.server.pools)
        return self._say(200, json.loads(status.model_dump_json()))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != RPC_PATH:
            return self._say(404, {"code": "not_found", "message": "There is no such call."})
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        claims = tokens.verify(token, self.server.jwks(), issuer="trace", audience=TICKET_AUDIENCE, now=datetime.now(UTC))
        self.server.subjects.append(claims["sub"])
        given = {key: value for key, value in claims.items() if key not in {"iss", "aud", "sub", "iat", "exp"}}
        self.server.tickets.append(Ticket.model_validate(given))
        node = self.server.nodes.get(self.headers.get(PROVIDER_HEADER, ""))
        if node is None:
            return self._say(404, {"code": "unknown_provider", "message": "The pool has no provider of that name."})
        asked = urllib.request.Request(node, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:
                return self._say(200, json.loads(answer.read()))
        except OSError:
            return self._say(502, {"code": "providers_failed", "message": "It does not answer."})

    def _say(self, status: int, told: Any) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Tests say for themselves what went wrong."""


@contextmanager
def standing_in(nodes: NODES, pools: list[PoolHealth], jwks: Callable[[], Any]) -> Iterator[StandIn]:
    server = StandIn(nodes, pools, jwks)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
