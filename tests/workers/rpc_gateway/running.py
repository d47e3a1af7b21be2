"""A gateway that runs, the internal plane that tells it its pools, and tickets to call it with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from apps.platform.clock import SystemClock
from apps.platform.contracts.rpc import (
    GATEWAY_TOKEN_HEADER,
    POOLS_PATH,
    TICKET_AUDIENCE,
    GatewayPools,
    GatewayStatus,
    PoolHealth,
    PoolKind,
    PoolSettings,
    ProviderHealth,
    ProviderSettings,
)
from apps.platform.drivers.signing_local import LocalSigner
from operators.sdk.json_rpc import Endpoint, JsonRpc
from tests.waiting import eventually
from workers.supervisor.ports import Ports

ROOT = Path(__file__).resolve().parents[3]
GATEWAY_TOKEN = "trace_gateway_token-of-the-tests"
ORG = UUID(int=9)
QUICK: dict[str, dict[str, float]] = {
    "limits": {"light_seconds": 1.0, "call_seconds": 10.0, "body_seconds": 1.0, "idle_seconds": 3.0, "drain_seconds": 4.0, "most_body_bytes": 2 << 20, "cache_bytes": 4 << 20},
    "pace": {"poll_seconds": 0.2, "verify_seconds": 0.5, "pools_seconds": 0.2, "first_cooldown_seconds": 0.3, "longest_cooldown_seconds": 1.0, "beacon_seconds": 0.3, "watched_seconds": 0.5},
}  # fmt: skip


class Plane:
    """The internal plane, as far as the gateway sees it. `is_away`: it closes every connection."""

    def __init__(self, directory: Path) -> None:
        self.signer = LocalSigner(directory / "keys", clock=SystemClock())
        self.signer.ensure()
        self.pools: list[PoolSettings] = []
        self.revision = 0
        self.status = 200
        plane = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if plane.status == 0:
                    self.connection.close()
                    return
                is_known = self.headers.get(GATEWAY_TOKEN_HEADER) == GATEWAY_TOKEN and self.path == POOLS_PATH
                code = plane.status if is_known else 401
                body = plane.told.model_dump_json().encode() if code == 200 else b"{}"
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def told(self) -> GatewayPools:
        return GatewayPools(revision=str(self.revision), pools=self.pools, keys=self.signer.jwks())

    def tell(self, *pools: PoolSettings) -> None:
        self.pools, self.revision = list(pools), self.revision + 1

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def ticket(self, pool: str | None = "main", *, task: str = "1", seconds: int = 600, **claims: Any) -> str:
        now = int(time.time())
        said: dict[str, Any] = {
            "iss": "trace", "aud": TICKET_AUDIENCE, "sub": f"task:{task}", "iat": now, "exp": now + seconds, "pool": pool,
            "org_id": str(ORG), "dag": "chains", "job": "follow", "task_id": None, "attempt": 1,
        }  # fmt: skip
        return self.signer.sign(said | claims)


@dataclass
class Gateway:
    """The process. `said`: all that it has logged."""

    directory: Path
    plane: Plane
    port: int
    ops_port: int
    settings: dict[str, str]
    told: dict[str, dict[str, float]]
    process: subprocess.Popen[bytes] | None = None
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.directory / "gateway.log"

    @property
    def said(self) -> str:
        return self.log_file.read_text()

    def start(self) -> None:
        env = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TRACE_RPC_GATEWAY_PORT": str(self.port), "TRACE_OPS_PORT": str(self.ops_port),
            "TRACE_INTERNAL_URL": self.plane.url, "TRACE_GATEWAY_TOKEN": GATEWAY_TOKEN, "TRACE_RPC_GATEWAY_LOOPBACK": "1",
        } | self.settings  # fmt: skip
        command = [sys.executable, "-m", "tests.workers.rpc_gateway.quick", json.dumps(self.told)]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.directory, env=env, stdout=log, stderr=log)

    def stop(self) -> int:
        assert self.process
        self.process.terminate()
        return self.process.wait(30)

    def ready(self) -> bool:
        return httpx.get(f"http://127.0.0.1:{self.ops_port}/readyz", timeout=1, trust_env=False).status_code == 200

    def serve(self, *pools: PoolSettings, verified: bool = True) -> None:
        """The pools, once they are known; and once every provider has been looked at."""
        self.plane.tell(*pools)
        eventually(lambda: self.status.revision == str(self.plane.revision))
        if verified:
            eventually(
                lambda: all(
                    one.head is not None or one.problem not in {"", "Not reached yet."}
                    for pool in self.status.pools
                    for one in pool.providers
                )
            )

    def post(
        self, body: Any, *, ticket: str | None = None, headers: Mapping[str, str] | None = None, **asked: Any
    ) -> httpx.Response:
        given = self.plane.ticket() if ticket is None else ticket
        sent = {"Content-Type": "application/json", **({"Authorization": f"Bearer {given}"} if given else {}), **(headers or {})}
        content = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.http.post(f"{self.url}/rpc", content=content, headers=sent, **asked)

    def ask(self, method: str, *params: Any, ticket: str | None = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, ticket=ticket, headers=named)

    @contextmanager
    def rpc(self, *, pool: str = "main", task: str = "1", chain_id: int = 31337) -> Iterator[JsonRpc]:
        """As an operator has it."""
        ticket = self.plane.ticket(pool, task=task)
        headers = {"Authorization": f"Bearer {ticket}"}
        ws_url = f"{self.url.replace('http', 'ws', 1)}/rpc"
        made = JsonRpc(
            lambda: Endpoint(
                f"{self.url}/rpc", ws_url, headers, pool, chain_id, f"{self.url}/rpc/{ticket}", f"{self.url}/providers"
            )
        )
        yield made
        # It stays open as long as its thread: here that is the whole run.
        made._mine.connection.close()

    @property
    def status(self) -> GatewayStatus:
        answer = self.http.get(f"{self.url}/status", headers={GATEWAY_TOKEN_HEADER: GATEWAY_TOKEN})
        assert answer.status_code == 200, answer.text
        return GatewayStatus.model_validate_json(answer.content)

    def pool(self, name: str = "main") -> PoolHealth:
        return next(one for one in self.status.pools if one.name == name)

    def provider(self, name: str, *, pool: str = "main") -> ProviderHealth:
        return next(one for one in self.pool(pool).providers if one.name == name)

    @property
    def metrics(self) -> str:
        return httpx.get(f"http://127.0.0.1:{self.ops_port}/metrics", timeout=5, trust_env=False).text


@contextmanager
def gateway_of(
    directory: Path, *, limits: Mapping[str, float] | None = None, pace: Mapping[str, float] | None = None, **settings: str
) -> Iterator[Gateway]:
    ports, plane = Ports(), Plane(directory)
    told = {"limits": {**QUICK["limits"], **(limits or {})}, "pace": {**QUICK["pace"], **(pace or {})}}
    gateway = Gateway(directory, plane, ports.any(), ports.any(), settings, told)
    try:
        gateway.start()
        eventually(gateway.ready, seconds=30)
        yield gateway
    finally:
        if gateway.process and gateway.process.poll() is None:
            gateway.process.kill()
            gateway.process.wait()
        gateway.http.close()
        plane.close()


def provider(name: str, url: str, **more: Any) -> ProviderSettings:
    return ProviderSettings(name=name, url=url, **more)


def pool(*providers: ProviderSettings, name: str = "main", **more: Any) -> PoolSettings:
    return PoolSettings(
        name=name, kind=more.pop("kind", PoolKind.EVM), chain_id=more.pop("chain_id", 31337), providers=list(providers), **more
    )


def calls(*asked: tuple[str, Sequence[Any]], ids: Sequence[Any] | None = None) -> list[dict[str, Any]]:
    given = ids if ids is not None else range(len(asked))
    return [
        {"jsonrpc": "2.0", "id": one, "method": method, "params": list(params)}
        for one, (method, params) in zip(given, asked, strict=True)
    ]


def some_task() -> str:
    return str(uuid4())
