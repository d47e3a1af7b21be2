"""Who may call, and what those hear who may not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from apps.platform.clock import SystemClock
from apps.platform.contracts.rpc import GATEWAY_TOKEN_HEADER
from apps.platform.drivers.signing_local import LocalSigner
from tests.waiting import eventually
from tests.workers.rpc_gateway.faulty import FaultyProxy
from tests.workers.rpc_gateway.running import Gateway, calls, pool, provider

Pair = tuple[FaultyProxy, FaultyProxy]
CALL = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}


def refused(answer: httpx.Response, status: int, code: str) -> None:
    said = answer.json()
    assert (answer.status_code, said["code"]) == (status, code), answer.text
    assert said["message"] and said["request_id"] == answer.headers["X-Request-Id"]


def test_without_a_ticket_nobody_is_answered(gateway: Gateway, pair: Pair) -> None:
    refused(gateway.post(CALL, ticket=""), 401, "ticket_missing")
    refused(gateway.post(CALL, ticket="", headers={"Authorization": "Basic eDp5"}), 401, "ticket_missing")
    refused(gateway.http.get(f"{gateway.url}/providers"), 401, "ticket_missing")
    refused(gateway.http.get(f"{gateway.url}/beacon/eth/v1/node/version"), 401, "ticket_missing")


@pytest.mark.parametrize("made", ["expired", "future", "audience", "issuer", "garbage", "no_pool", "extra", "unsigned", "huge"])
def test_a_ticket_that_is_not_one_is_refused(gateway: Gateway, pair: Pair, made: str) -> None:
    plane = gateway.plane
    whole = plane.ticket()
    made_as: dict[str, Callable[[], str]] = {
        "expired": lambda: plane.ticket(seconds=-60), "future": lambda: plane.ticket(iat=2**31), "audience": lambda: plane.ticket(aud="trace.query"),
        "issuer": lambda: plane.ticket(iss="somebody"), "garbage": lambda: "not-a-ticket", "no_pool": lambda: plane.ticket(None),
        "extra": lambda: plane.ticket(admin=True), "unsigned": lambda: whole.rpartition(".")[0] + ".", "huge": lambda: "x" * 5_000,
    }  # fmt: skip
    ticket = made_as[made]()

    for answer in (gateway.post(CALL, ticket=ticket), gateway.http.post(f"{gateway.url}/rpc/{ticket}", content=json.dumps(CALL))):
        refused(answer, 401, "token_refused")
        assert ticket not in answer.text


def test_a_ticket_signed_by_somebody_else_is_refused(gateway: Gateway, pair: Pair, tmp_path: Path) -> None:
    forger = LocalSigner(tmp_path / "forged", clock=SystemClock())
    forger.ensure()
    own, gateway.plane.signer = gateway.plane.signer, forger
    forged = gateway.plane.ticket()
    gateway.plane.signer = own

    refused(gateway.post(CALL, ticket=forged), 401, "token_refused")


def test_a_ticket_that_was_good_is_refused_from_its_end_on(gateway: Gateway, pair: Pair) -> None:
    # Five seconds are granted to clocks that differ.
    ticket = gateway.plane.ticket(seconds=-3)
    assert gateway.post(CALL, ticket=ticket).status_code == 200

    eventually(lambda: refused(gateway.post(CALL, ticket=ticket), 401, "token_refused"))


def test_a_ticket_opens_its_own_pool_and_no_other(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    first, second = proxies
    gateway.serve(pool(provider("a", first.url)), pool(provider("secret", second.url), name="other"))
    second.forgets()

    assert gateway.post(CALL).headers["X-Trace-Provider"] == "a"
    refused(gateway.post(CALL, headers={"X-Trace-Provider": "secret"}), 404, "unknown_provider")
    refused(gateway.post(CALL, ticket=gateway.plane.ticket("third")), 404, "unknown_pool")
    names = gateway.http.get(f"{gateway.url}/providers", headers={"Authorization": f"Bearer {gateway.plane.ticket()}"}).json()
    assert [one["name"] for one in names["providers"]] == ["a"]


def test_a_pool_of_nodes_of_another_kind_is_not_asked_as_one_of_this(gateway: Gateway, pair: Pair) -> None:
    answer = gateway.http.get(
        f"{gateway.url}/beacon/eth/v1/node/version", headers={"Authorization": f"Bearer {gateway.plane.ticket()}"}
    )

    refused(answer, 403, "wrong_kind")


@pytest.mark.parametrize("token", [None, "", "trace_gateway_other", "\xe9"])
def test_the_status_is_for_the_platform_alone(gateway: Gateway, token: str | None) -> None:
    headers = {} if token is None else {GATEWAY_TOKEN_HEADER: token.encode("latin-1")}

    refused(gateway.http.get(f"{gateway.url}/status", headers=headers), 401, "bad_gateway_token")  # type: ignore[arg-type]


def test_keys_that_are_taken_back_open_nothing_any_more(gateway: Gateway, pair: Pair, tmp_path: Path) -> None:
    ticket = gateway.plane.ticket()
    assert gateway.post(CALL, ticket=ticket).status_code == 200
    other = LocalSigner(tmp_path / "next", clock=SystemClock())
    other.ensure()
    own, gateway.plane.signer = gateway.plane.signer, other

    try:
        eventually(lambda: refused(gateway.post(CALL, ticket=ticket), 401, "token_refused"))
        assert gateway.post(CALL, ticket=gateway.plane.ticket()).status_code == 200
    finally:
        gateway.plane.signer = own


def test_a_request_id_that_is_sent_along_comes_back(gateway: Gateway, pair: Pair) -> None:
    assert gateway.post(CALL, headers={"X-Request-Id": "my-id.7"}).headers["X-Request-Id"] == "my-id.7"
    assert "\n" not in gateway.post(CALL, headers={"X-Request-Id": "a" * 500}).headers["X-Request-Id"]


def test_pools_stay_while_the_internal_plane_is_away(gateway: Gateway, pair: Pair) -> None:
    plane = gateway.plane
    try:
        for status in (0, 500, 401):
            plane.status = status
            eventually(lambda: gateway.said.count("rpc_pools_not_told") >= 1)
            assert gateway.post(calls(("eth_chainId", []))[0]).status_code == 200
            assert gateway.ready()
    finally:
        plane.status = 200
    gateway.serve(pool(provider("c", pair[0].url)), verified=False)
    eventually(lambda: gateway.post(CALL, ticket=plane.ticket(task=str(uuid4()))).headers["X-Trace-Provider"] == "c")
