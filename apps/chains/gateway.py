"""The platform's own calls to the RPC gateway: how its pools are, where a chain's head is, and a question to a chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from apps.platform.config import Config
from apps.platform.contracts.rpc import (
    GATEWAY_TOKEN_HEADER,
    PROCESS_TICKET_PATH,
    PROVIDERS_PATH,
    RPC_PATH,
    STATUS_PATH,
    GatewayStatus,
    OpenPoolOfProcess,
    PoolHealth,
    PoolOpened,
)
from apps.platform.errors import Permanent, Transient
from operators.sdk.json_rpc import Endpoint, JsonRpc

M = TypeVar("M", bound=BaseModel)
STATUS_SECONDS, OPEN_SECONDS, CALL_SECONDS = 1.5, 3.0, 20.0
_NO_TOKEN = "This process has no TRACE_GATEWAY_TOKEN, so the RPC gateway does not listen to it: set the one that the gateway has."


@dataclass(frozen=True)
class PoolHead:
    """`seen_at`: when the gateway first saw it, by its own clock. `finalized`: None where no provider says it."""

    number: int
    hash: str
    seen_at: datetime
    finalized: int | None


def status(config: Config, *, seconds: float = STATUS_SECONDS) -> GatewayStatus:
    """Raises Transient while the gateway is away, and Permanent where it refuses us."""
    answer = _asked("GET", config.rpc_gateway_url + STATUS_PATH, config, seconds=seconds)
    return _parsed(answer, GatewayStatus, what="status")


def health_of(pool: str, config: Config) -> PoolHealth | None:
    """None where the gateway has not heard of the pool yet: it asks for them every few seconds."""
    return next((one for one in status(config).pools if one.name == pool), None)


def head(pool: str, config: Config) -> PoolHead | None:
    """None while no provider of the pool has told one. Raises what `status` raises."""
    found = health_of(pool, config)
    if found is None or found.head is None or found.head_hash is None or found.head_seen_at is None:
        return None
    return PoolHead(found.head, found.head_hash, found.head_seen_at, found.finalized)


def open_pool(pool: str, config: Config, *, process: str) -> PoolOpened:
    """A ticket for a process of ours that has no keys to sign one itself. Raises Transient and Permanent."""
    asked = OpenPoolOfProcess(pool=pool, process=process)
    answer = _asked("POST", config.internal_url + PROCESS_TICKET_PATH, config, seconds=OPEN_SECONDS, body=asked)
    return _parsed(answer, PoolOpened, what="ticket")


def rpc(opened: PoolOpened, *, pool: str, seconds: float = CALL_SECONDS) -> JsonRpc:
    """To ask with a ticket. Its calls raise NodeError, Retry and ConfigurationError, as an operator's do."""
    headers = {"Authorization": f"Bearer {opened.ticket}"}
    endpoint = Endpoint(
        url=opened.url + RPC_PATH, ws_url="", headers=headers, pool=pool, chain_id=opened.chain_id, address="",
        providers_url=opened.url + PROVIDERS_PATH,
    )  # fmt: skip
    return JsonRpc(lambda: endpoint, timeout_seconds=seconds)


@cache
def client() -> httpx.Client:
    """One for the process: to make one reads all certificates. It keeps no connection, which the other side would close meanwhile."""
    return httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


def _asked(method: str, url: str, config: Config, *, seconds: float, body: BaseModel | None = None) -> httpx.Response:
    if not config.gateway_token:
        raise Transient(_NO_TOKEN)
    headers: Mapping[str, str] = {GATEWAY_TOKEN_HEADER: config.gateway_token}
    json = body.model_dump(mode="json") if body else None
    try:
        answer = client().request(method, url, headers=headers, json=json, timeout=seconds)
    except httpx.HTTPError as error:
        raise Transient(f"{url} does not answer: {str(error) or type(error).__name__}.") from error
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Transient(f"{url} answered {answer.status_code}.")
    if answer.status_code >= 400:
        raise Permanent(f"{url} refuses this call: {_message(answer)}")
    return answer


def _parsed(answer: httpx.Response, model: type[M], *, what: str) -> M:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        raise Permanent(f"The {what} is not what this version of Trace understands: are both of the same version?") from error


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"it answered {answer.status_code}"
