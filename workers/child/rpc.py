"""The chains of a real task: the platform opens a pool that its job names, and says where the gateway is."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

from operators.sdk.json_rpc import Endpoint, JsonRpc
from workers.child.wire import Wire, granted

# A ticket is renewed long before it ends: clocks of two machines differ, and a call takes its time.
_MARGIN_SECONDS = 120.0


class Pools:
    """Of one task. A pool is opened when it is first asked."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._open: dict[str, JsonRpc] = {}

    def of(self, pool: str) -> JsonRpc:
        if pool not in self._open:
            opened = _Opened(self._wire, pool)
            opened()  # a pool that may not be asked fails here, and not at the first call
            self._open[pool] = JsonRpc(opened)
        return self._open[pool]

    def close(self) -> None:
        for rpc in self._open.values():
            rpc.close()


class _Opened:
    """Asked before every call: opens the pool anew before its ticket ends. The wire is one for all threads, and holds its own lock."""

    def __init__(self, wire: Wire, pool: str) -> None:
        self._wire, self._pool = wire, pool
        self._renew_at = 0.0
        self._endpoint: Endpoint | None = None

    def __call__(self) -> Endpoint:
        if self._endpoint is None or time.monotonic() >= self._renew_at:
            self._endpoint = self._ask()
        return self._endpoint

    def _ask(self) -> Endpoint:
        answer = granted(self._wire.ask({"pool": f'"pool":{json.dumps(self._pool)}'}), f"The pool {self._pool} cannot be opened")
        told = answer["opened"]
        left = (datetime.fromisoformat(told["expires_at"]) - datetime.now(UTC)).total_seconds()
        self._renew_at = time.monotonic() + max(left - _MARGIN_SECONDS, min(left / 2, 30.0))
        url, ticket = told["url"], told["ticket"]
        return Endpoint(
            url=f"{url}/rpc", ws_url=f"{url.replace('http', 'ws', 1)}/rpc", headers={"Authorization": f"Bearer {ticket}"},
            pool=self._pool, chain_id=told["chain_id"], address=f"{url}/rpc/{ticket}", providers_url=f"{url}/providers",
            beacon_url=f"{url}/beacon",
        )  # fmt: skip
