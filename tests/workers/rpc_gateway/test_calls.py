"""Calls that go well, and what a caller may not ask."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operators.sdk.rpc import Call
from tests.fixtures.chain import Node
from tests.workers.rpc_gateway.faulty import FaultyProxy
from tests.workers.rpc_gateway.running import Gateway, calls, pool, provider, some_task

Pair = tuple[FaultyProxy, FaultyProxy]


def test_a_call_is_answered_by_a_provider_that_is_named(gateway: Gateway, pair: Pair, chain: Node) -> None:
    answer = gateway.ask("eth_blockNumber")

    assert answer.json() == {"jsonrpc": "2.0", "id": 1, "result": hex(chain.head)}
    assert answer.headers["X-Trace-Provider"] in {"a", "b"}


def test_the_client_of_operators_reads_the_same_through_the_gateway_as_from_the_node(
    gateway: Gateway, pair: Pair, chain: Node
) -> None:
    asked: list[tuple[str, list[Any]]] = [
        ("eth_getBlockByNumber", [hex(82), True]), ("eth_getBlockReceipts", [hex(82)]), ("eth_blockNumber", []), ("trace_block", [hex(82)]),
    ]  # fmt: skip

    with gateway.rpc(task=some_task()) as rpc:
        assert rpc.batch([Call(*one) for one in asked]) == chain.ask_all(asked)
        assert rpc.answered_by in {"a", "b"}
        assert set(rpc.providers()) == {"a", "b"}


def test_a_program_without_headers_calls_with_the_ticket_in_the_path(gateway: Gateway, pair: Pair, chain: Node) -> None:
    body = json.dumps(calls(("eth_chainId", []))[0])

    answer = gateway.http.post(f"{gateway.url}/rpc/{gateway.plane.ticket()}", content=body)

    assert answer.json()["result"] == hex(chain.chain_id)


def test_ids_come_back_as_they_were_whatever_they_are(gateway: Gateway, pair: Pair) -> None:
    ids: list[Any] = ["x", 7, 7, None, -1.5, 10**30, "", "ä\u2028", 0]

    answers = gateway.post(calls(*[("eth_chainId", [])] * len(ids), ids=ids)).json()

    assert [one["id"] for one in answers] == ids
    assert {one["result"] for one in answers} == {"0x7a69"}


def test_a_large_batch_reaches_the_provider_in_parts_and_comes_back_in_order(
    gateway: Gateway, proxies: list[FaultyProxy], chain: Node
) -> None:
    gateway.serve(pool(provider("a", proxies[0].url, most_batch=7)))
    proxies[0].forgets()
    numbers = [hex(number) for number in reversed(range(100, 150))]

    answers = gateway.post(calls(*[("eth_getBlockByNumber", [number, False]) for number in numbers], ids=[None] * 50)).json()

    assert [one["result"]["number"] for one in answers] == numbers
    assert max(len(one) for one in proxies[0].requests if isinstance(one, list)) == 7


def test_a_batch_is_answered_by_one_provider_also_when_it_comes_in_parts(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    first, second = proxies
    gateway.serve(pool(provider("a", first.url, most_batch=5), provider("b", second.url, most_batch=5)))
    for proxy in proxies:
        proxy.forgets()

    gateway.post(calls(*[("eth_getBalance", [f"0x{number:040x}", "latest"]) for number in range(40)]))

    assert sorted(proxy.asked["eth_getBalance"] for proxy in proxies) == [0, 40]


@pytest.mark.parametrize(
    "method",
    ["eth_sendTransaction", "eth_sendRawTransaction", "eth_sign", "eth_signTransaction", "personal_unlockAccount", "admin_addPeer",
     "anvil_reorg", "anvil_setBalance", "evm_mine", "evm_revert", "hardhat_reset", "debug_setHead", "miner_start", "eth_newFilter",
     "eth_accounts", "txpool_content", "eth_getWork", "ETH_CALL", "eth_call ", 'eth_getBlockByNumber", "x', "trace_", "rpc_modules", "💥"],
)  # fmt: skip
def test_what_does_more_than_read_reaches_no_node(gateway: Gateway, pair: Pair, method: str) -> None:
    for proxy in pair:
        proxy.forgets()

    answer = gateway.ask(method)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == -32004 and "refused" in answer.json()["error"]["message"]
    assert not any(proxy.asked[method] for proxy in pair)


def test_what_may_not_be_called_is_refused_inside_a_batch_and_the_rest_is_answered(
    gateway: Gateway, pair: Pair, chain: Node
) -> None:
    head = chain.head

    answer = gateway.post([*calls(("eth_blockNumber", []), ("evm_mine", []), ("eth_chainId", [])), 5, {"id": 9}])

    assert answer.status_code == 200
    said = answer.json()
    assert said[0]["result"] == hex(head) and said[2]["result"] == "0x7a69"
    assert "evm_mine is refused" in said[1]["error"]["message"] and said[1]["id"] == 1
    assert [one["error"]["code"] for one in said[3:]] == [-32600, -32600]
    assert chain.head == head


def test_a_nodes_own_error_comes_through_as_it_is(gateway: Gateway, pair: Pair, chain: Node) -> None:
    call = {"to": chain.deployed(), "data": "0xdeadbeef"}
    asked = {"jsonrpc": "2.0", "id": 3, "method": "eth_call", "params": [call, "latest"]}

    answer = gateway.post(asked)

    assert answer.status_code == 200
    assert answer.json() == json.loads(gateway.http.post(chain.url, json=asked).content)
    assert "revert" in answer.json()["error"]["message"]


def test_numbers_and_text_of_a_result_are_passed_on_to_the_digit(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    from tests.workers.rpc_gateway.faulty import replies

    gateway.serve(pool(provider("a", proxies[0].url)))
    odd = b'{"jsonrpc": "2.0", "result": {"n": 1.10e+400, "big": 123456789012345678901234567890, "s": "\\u00e9\\/"}, "id": 1}'
    proxies[0].breaks(replies(odd), methods=["eth_feeHistory"])

    assert b'{"n": 1.10e+400, "big": 123456789012345678901234567890, "s": "\\u00e9\\/"}' in gateway.ask("eth_feeHistory").content


def test_each_answer_says_to_whom_of_the_pool_it_is_due_and_callers_are_counted(gateway: Gateway, pair: Pair) -> None:
    gateway.post(calls(*[("eth_chainId", [])] * 3), ticket=gateway.plane.ticket(dag="whales", job="sync"))

    (caller,) = (one for one in gateway.pool().callers if one.dag == "whales")
    assert (caller.job, caller.requests, caller.errors) == ("sync", 3, 0)
