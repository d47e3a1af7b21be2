"""A provider is asked which chain it is of and where its head is, through the gateway, and what came of it is told in words."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from apps.chains import gateway
from apps.chains.models import RpcProvider
from apps.chains.selectors import missing_keys
from apps.platform.config import Config
from apps.platform.contracts.rpc import BEACON_PATH, PROVIDER_HEADER, RPC_PATH, PoolKind, PoolOpened
from apps.platform.errors import ServiceError

_SECONDS = 15.0
_NOT_HEARD = "The gateway has not heard of it yet: it asks for the pools every few seconds. Try again in a moment."


@dataclass(frozen=True)
class Tried:
    is_well: bool
    words: str


@dataclass(frozen=True)
class _Refused(Exception):
    words: str


@dataclass(frozen=True)
class _Said:
    chain_id: int
    head: int


def try_provider(provider: RpcProvider, *, config: Config) -> Tried:
    """Never raises for what is wrong outside: that is the finding."""
    pool = provider.pool
    if not (pool.is_enabled and provider.is_enabled):
        which = f"The pool {pool.name}" if not pool.is_enabled else provider.name
        return Tried(False, f"{which} is switched off, so the gateway does not know it. Switch it on, then try again.")
    if missing_keys([provider], config=config):
        return Tried(False, f"Its key {provider.secret} is not in the vault. Write it, then try again.")
    try:
        opened = gateway.open_pool(pool.name, config, process="web")
        started = time.monotonic()
        said = _beacon(opened, provider.name) if opened.kind is PoolKind.BEACON else _evm(opened, provider.name)
    except ServiceError as error:
        return Tried(False, f"Nothing was asked: {error}")
    except _Refused as refused:
        return Tried(False, refused.words)
    took = (time.monotonic() - started) * 1000
    if said.chain_id != pool.chain_id:
        return Tried(
            False,
            f"{provider.name} is of chain {said.chain_id}, and {pool.name} is of chain {pool.chain_id}: correct its address, or put it"
            f" into a pool of chain {said.chain_id}.",
        )
    head = "slot" if opened.kind is PoolKind.BEACON else "block"
    return Tried(True, f"{provider.name} answers in {took:.0f} ms: chain {said.chain_id}, its head is {head} {said.head:,}.")


def _evm(opened: PoolOpened, provider: str) -> _Said:
    calls = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": []}
        for number, method in enumerate(("eth_chainId", "eth_blockNumber"))
    ]
    said = _asked("POST", opened.url + RPC_PATH, opened, provider, json=calls)
    answers = {one.get("id"): one for one in said if isinstance(one, dict)} if isinstance(said, list) else {}
    return _Said(*(_number(answers.get(call["id"]), str(call["method"]), provider) for call in calls))


def _number(answer: Any, method: str, provider: str) -> int:
    if isinstance(answer, dict) and isinstance(error := answer.get("error"), dict):
        raise _Refused(f"{provider} answers {method} with an error: {str(error.get('message'))[:300]} ({error.get('code')}).")
    try:
        return int(answer["result"], 16)
    except (TypeError, KeyError, ValueError):
        raise _Refused(
            f"{provider} does not answer {method} as a node of a chain does: is the address that of JSON-RPC?"
        ) from None


def _beacon(opened: PoolOpened, provider: str) -> _Said:
    base = f"{opened.url}{BEACON_PATH}/eth/v1"
    spec = _asked("GET", f"{base}/config/spec", opened, provider)
    syncing = _asked("GET", f"{base}/node/syncing", opened, provider)
    try:
        return _Said(int(spec["data"]["DEPOSIT_CHAIN_ID"]), int(syncing["data"]["head_slot"]))
    except (TypeError, KeyError, ValueError):
        raise _Refused(f"{provider} does not answer as a beacon node does: is the address that of its REST API?") from None


def _asked(method: str, url: str, opened: PoolOpened, provider: str, *, json: Any = None) -> Any:
    """Raises _Refused, in the gateway's own words where it has some."""
    headers = {"Authorization": f"Bearer {opened.ticket}", PROVIDER_HEADER: provider}
    try:
        answer = gateway.client().request(method, url, headers=headers, json=json, timeout=_SECONDS)
    except httpx.TimeoutException:
        raise _Refused(f"{provider} has not answered within {_SECONDS:g} s.") from None
    except httpx.HTTPError as error:
        raise _Refused(f"The RPC gateway does not answer at {opened.url}: {str(error) or type(error).__name__}.") from None
    said = _json(answer)
    if answer.status_code == 200:
        return said
    told: Mapping[str, Any] = said if isinstance(said, dict) else {}
    if told.get("code") in {"unknown_provider", "unknown_pool"}:
        raise _Refused(_NOT_HEARD)
    raise _Refused(f"{provider} could not be asked: {told.get('message') or f'the gateway answered {answer.status_code}.'}")


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
