"""Pools of beacon nodes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from apps.platform.contracts.rpc import PoolKind, PoolSettings
from tests.waiting import eventually
from tests.workers.rpc_gateway.beacon_node import BeaconNode
from tests.workers.rpc_gateway.running import Gateway, pool, provider, some_task


@pytest.fixture
def nodes() -> Iterator[list[BeaconNode]]:
    made = [BeaconNode(key="b3aconKey0001"), BeaconNode(key="b3aconKey0002")]
    for one in made:
        one.start()
    yield made
    for one in made:
        one.stop()


@pytest.fixture
def beacons(gateway: Gateway, nodes: list[BeaconNode]) -> list[BeaconNode]:
    gateway.serve(beacon_pool(nodes))
    return nodes


def beacon_pool(nodes: list[BeaconNode], **more: Any) -> PoolSettings:
    return pool(
        *(provider(name, node.url) for name, node in zip("ab", nodes, strict=False)), kind=PoolKind.BEACON, chain_id=1, **more
    )


def get(
    gateway: Gateway, path: str, *, method: str = "GET", ticket: str = "", body: bytes = b"", **headers: str
) -> httpx.Response:
    sent = {"Authorization": f"Bearer {ticket or gateway.plane.ticket(task=some_task())}"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return gateway.http.request(method, f"{gateway.url}/beacon/{path}", headers=sent, content=body)


def test_a_question_is_passed_on_with_its_query(gateway: Gateway, beacons: list[BeaconNode]) -> None:
    answer = get(gateway, "eth/v1/beacon/states/head/validators?id=1,2&status=active")

    assert answer.json()["data"] == {"path": "/eth/v1/beacon/states/head/validators", "query": {"id": "1,2", "status": "active"}}
    assert answer.headers["X-Trace-Provider"] in {"a", "b"}


def test_the_status_knows_slots_epochs_and_versions(gateway: Gateway, beacons: list[BeaconNode]) -> None:
    eventually(lambda: gateway.pool().finalized == 198)
    told = gateway.pool()

    assert (told.kind, told.head) == (PoolKind.BEACON, 6400)
    assert {one.client_version for one in told.providers} == {"Fake/v1.0"}


def test_what_a_node_does_not_know_is_its_own_answer(gateway: Gateway, beacons: list[BeaconNode]) -> None:
    answer = get(gateway, "eth/v1/beacon/headers/99999999")

    assert answer.status_code == 404
    assert answer.json() == {"code": 404, "message": "NOT_FOUND: beacon block at /[hidden]"}


@pytest.mark.parametrize("fault", ["500", "429", "text", "close", "stuck"])
def test_a_fault_of_one_node_is_made_good_by_another(gateway: Gateway, beacons: list[BeaconNode], fault: str) -> None:
    ticket = gateway.plane.ticket(task=some_task())
    name = get(gateway, "eth/v1/beacon/genesis", ticket=ticket).headers["X-Trace-Provider"]
    own, other = (beacons[0], "b") if name == "a" else (beacons[1], "a")
    if fault == "stuck":
        gateway.serve(
            pool(
                *(provider(one, node.url, timeout_seconds=1) for one, node in zip("ab", beacons, strict=True)),
                kind=PoolKind.BEACON,
                chain_id=1,
            )
        )
    own.fault = fault

    answer = get(gateway, "eth/v1/beacon/blocks/head", ticket=ticket)

    assert (answer.status_code, answer.headers["X-Trace-Provider"]) == (200, other)


@pytest.mark.parametrize(
    "path",
    ["eth/v1/events?topics=head", "eth/v1/keystores", "eth/v1/remotekeys", "eth/v1/validator/0x1/feerecipient", "eth/v1/beacon/../keystores",
     "eth/v1/beacon/%2e%2e/keystores", "eth/v1/beacon//x", "lighthouse/health", "eth/v1/beacon/x?y=%0d%0aHost:z z", "http://127.0.0.1/", "eth/v1/beacon/a@b"],
)  # fmt: skip
def test_what_is_no_read_of_a_beacon_node_reaches_none(gateway: Gateway, beacons: list[BeaconNode], path: str) -> None:
    for node in beacons:
        node.asked.clear()

    answer = get(gateway, path)

    assert answer.status_code in {403, 404}, answer.text
    assert not any("keystores" in one or "events" in one or "feerecipient" in one for node in beacons for one in node.asked)


def test_questions_that_are_sent_are_passed_on_and_duties_of_nobody_else(gateway: Gateway, beacons: list[BeaconNode]) -> None:
    answer = get(gateway, "eth/v1/beacon/rewards/attestations/198", method="POST", body=b'["1","2"]')
    assert answer.json()["data"] == {"path": "/eth/v1/beacon/rewards/attestations/198", "query": {}, "body": ["1", "2"]}

    for path in ("eth/v1/beacon/pool/voluntary_exits", "eth/v1/beacon/blocks", "eth/v1/validator/prepare_beacon_proposer"):
        assert get(gateway, path, method="POST", body=b"{}").status_code == 403


def test_a_long_list_is_passed_on_as_it_comes(gateway: Gateway, beacons: list[BeaconNode]) -> None:
    answer = get(gateway, "eth/v2/debug/beacon/states/head")

    assert len(answer.json()["data"]) == 40_000 and len(answer.content) > 4_000_000


def test_a_long_list_that_breaks_off_is_not_taken_for_whole(gateway: Gateway, beacons: list[BeaconNode]) -> None:
    for node in beacons:
        node.fault = "break long"

    with pytest.raises(httpx.TransportError):
        get(gateway, "eth/v2/debug/beacon/states/head")


def test_a_node_of_another_chain_is_never_used(gateway: Gateway, nodes: list[BeaconNode]) -> None:
    nodes[0].chain_id = "17000"
    gateway.serve(beacon_pool(nodes), verified=False)
    eventually(lambda: "of chain 17000" in gateway.provider("a").problem)

    assert {get(gateway, "eth/v1/beacon/genesis").headers["X-Trace-Provider"] for _ in range(6)} == {"b"}


def test_json_rpc_is_not_for_a_beacon_pool(gateway: Gateway, beacons: list[BeaconNode]) -> None:
    assert gateway.ask("eth_chainId").json()["code"] == "wrong_kind"
    assert get(gateway, "eth/v1/node/version", X_Trace_Reads="quorum=2").status_code == 400
    assert get(gateway, "eth/v1/beacon/genesis", X_Trace_Provider="b").headers["X-Trace-Provider"] == "b"


def test_the_key_of_a_node_is_in_nothing(gateway: Gateway, beacons: list[BeaconNode]) -> None:
    seen = json.dumps(
        [get(gateway, "eth/v1/beacon/headers/99999999").text, gateway.said, gateway.metrics, gateway.status.model_dump_json()]
    )

    assert "b3aconKey" not in seen
