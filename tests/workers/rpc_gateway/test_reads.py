"""The ways in which a caller may be answered: by its own provider, by whoever is best, by several that agree, or by one that it names."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.fixtures.chain import Node
from tests.waiting import eventually
from tests.workers.rpc_gateway import faulty
from tests.workers.rpc_gateway.faulty import FaultyProxy
from tests.workers.rpc_gateway.running import Gateway, calls, pool, provider, some_task

Pair = tuple[FaultyProxy, FaultyProxy]


def even(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    gateway.serve(pool(provider("a", proxies[0].url), provider("b", proxies[1].url)))


def test_a_task_keeps_its_provider_and_tasks_are_spread_over_all(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    even(gateway, proxies)
    served: Counter[str] = Counter()
    for _ in range(20):
        ticket = gateway.plane.ticket(task=some_task())
        (name,) = {gateway.ask("eth_blockNumber", ticket=ticket).headers["X-Trace-Provider"] for _ in range(4)}
        served[name] += 1

    assert set(served) == {"a", "b"}


def test_a_renewed_ticket_of_a_task_leads_to_the_same_provider(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    even(gateway, proxies)
    task = some_task()

    tickets = [gateway.plane.ticket(task=task, seconds=seconds) for seconds in (100, 200, 300)]
    assert len({gateway.ask("eth_blockNumber", ticket=one).headers["X-Trace-Provider"] for one in tickets}) == 1


def test_a_task_whose_provider_failed_stays_at_the_other_one(gateway: Gateway, pair: Pair) -> None:
    ticket = gateway.plane.ticket(task=some_task())
    name = gateway.ask("eth_blockNumber", ticket=ticket).headers["X-Trace-Provider"]
    own, other = (pair[0], "b") if name == "a" else (pair[1], "a")
    own.breaks(faulty.never_answers, methods=["eth_getCode"], times=1)

    assert gateway.ask("eth_getCode", f"0x{1:040x}", "latest", ticket=ticket).headers["X-Trace-Provider"] == other
    assert {gateway.ask("eth_blockNumber", ticket=ticket).headers["X-Trace-Provider"] for _ in range(5)} == {other}


def test_a_slow_answer_is_asked_of_a_second_provider_where_any_will_do(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    even(gateway, proxies)
    for _ in range(30):
        gateway.ask("eth_getCode", f"0x{1:040x}", "latest", X_Trace_Reads="any")
    best = gateway.ask("eth_getCode", f"0x{1:040x}", "latest", X_Trace_Reads="any").headers["X-Trace-Provider"]
    slow = proxies[0] if best == "a" else proxies[1]
    slow.breaks(faulty.late(0.9), methods=["eth_getCode"])
    started, hedged = time.monotonic(), gateway.pool().hedged

    answer = gateway.ask("eth_getCode", f"0x{1:040x}", "latest", X_Trace_Reads="any")

    assert answer.json()["result"] == "0x" and answer.headers["X-Trace-Provider"] != best
    assert time.monotonic() - started < 0.8
    assert gateway.pool().hedged == hedged + 1


@pytest.mark.parametrize(
    "asked", [("eth_call", {"to": f"0x{1:040x}"}, "latest"), ("trace_block", "0x51"), ("eth_getLogs", {"fromBlock": "0x90"})]
)
def test_what_is_dear_is_not_asked_twice(gateway: Gateway, proxies: list[FaultyProxy], asked: tuple[str, ...]) -> None:
    even(gateway, proxies)
    for proxy in proxies:
        proxy.breaks(faulty.late(0.5), methods=[asked[0]])

    assert gateway.ask(*asked, X_Trace_Reads="any").status_code == 200
    assert sum(proxy.asked[asked[0]] for proxy in proxies) == 1


def test_a_pool_that_is_slow_as_a_whole_is_not_asked_twice_as_much(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    even(gateway, proxies)
    for proxy in proxies:
        proxy.breaks(faulty.late(0.4), methods=["eth_getCode"])

    with ThreadPoolExecutor(16) as callers:
        list(callers.map(lambda number: gateway.ask("eth_getCode", f"0x{number:040x}", "latest", X_Trace_Reads="any"), range(80)))

    assert sum(proxy.asked["eth_getCode"] for proxy in proxies) <= 80 + 10 + 8 + 2


@pytest.fixture
def fork(chain: Node) -> Iterator[Node]:
    """Another node of the same chain, which has gone its own way since block 140."""
    node = Node(fork_of=chain.url, fork_block=140)
    node.start()
    node.mine(chain.head - 140, transfers=1)
    yield node
    node.stop()


def three(gateway: Gateway, proxies: list[FaultyProxy], fork: Node) -> None:
    gateway.serve(pool(provider("a", proxies[0].url), provider("b", proxies[1].url), provider("fork", fork.url)))


def test_a_quorum_is_what_so_many_say(gateway: Gateway, proxies: list[FaultyProxy], fork: Node, chain: Node) -> None:
    three(gateway, proxies, fork)

    for _ in range(3):
        answer = gateway.ask("eth_getBlockByNumber", hex(145), False, X_Trace_Reads="quorum=2")
        assert answer.status_code == 200, answer.text
        assert answer.json()["result"]["hash"] == chain.block(145)["hash"]
        assert answer.headers["X-Trace-Provider"] in {"a", "b"}


def test_a_quorum_that_is_missed_says_who_said_what(gateway: Gateway, proxies: list[FaultyProxy], fork: Node) -> None:
    three(gateway, proxies, fork)

    assert gateway.ask("eth_getBlockByNumber", hex(130), False, X_Trace_Reads="quorum=3").status_code == 200
    answer = gateway.ask("eth_getBlockByNumber", hex(145), False, X_Trace_Reads="quorum=3")

    assert (answer.status_code, answer.json()["code"]) == (409, "quorum_missed")
    said = {one["provider"]: one["hash"] for one in answer.json()["detail"]["said"]}
    assert said["a"] == said["b"] != said["fork"]


def test_a_provider_that_fails_has_no_vote(gateway: Gateway, proxies: list[FaultyProxy], fork: Node) -> None:
    three(gateway, proxies, fork)
    proxies[0].breaks(faulty.never_answers, methods=["eth_getBlockByNumber"])

    answer = gateway.ask("eth_getBlockByNumber", hex(145), False, X_Trace_Reads="quorum=2")

    assert answer.json()["code"] == "quorum_missed"
    assert {one["provider"] for one in answer.json()["detail"]["said"]} == {"b", "fork"}


def test_answers_that_differ_in_the_order_of_their_keys_agree(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    even(gateway, proxies)
    proxies[0].breaks(
        faulty.changes(lambda _, result: dict(reversed(result.items())) if isinstance(result, dict) else result),
        methods=["eth_getBlockByHash"],
    )
    block = gateway.ask("eth_getBlockByNumber", hex(149), False).json()["result"]["hash"]

    assert gateway.ask("eth_getBlockByHash", block, False, X_Trace_Reads="quorum=2").status_code == 200


@pytest.mark.parametrize("said", ["quorum=0", "quorum=", "quorum=x", "quorum=3", "quorum=100", "best", "any,sticky"])
def test_a_way_to_read_that_there_is_not_is_refused(gateway: Gateway, proxies: list[FaultyProxy], said: str) -> None:
    even(gateway, proxies)

    answer = gateway.ask("eth_chainId", X_Trace_Reads=said)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_who_names_a_provider_is_answered_by_it_alone(gateway: Gateway, pair: Pair) -> None:
    for name in ("a", "b", "a"):
        assert gateway.ask("eth_blockNumber", X_Trace_Provider=name).headers["X-Trace-Provider"] == name
    pair[0].breaks(faulty.status(500), methods=["eth_getCode"])

    answer = gateway.ask("eth_getCode", f"0x{1:040x}", "latest", X_Trace_Provider="a")

    assert (answer.status_code, answer.json()["code"]) == (502, "providers_failed")
    assert pair[1].asked["eth_getCode"] == 0
    assert gateway.ask("eth_chainId", X_Trace_Provider="nobody").json()["code"] == "unknown_provider"
    assert gateway.ask("eth_chainId", X_Trace_Provider="a", X_Trace_Reads="any").status_code == 400


def test_the_best_provider_is_listed_first(gateway: Gateway, proxies: list[FaultyProxy], chain: Node) -> None:
    even(gateway, proxies)
    proxies[0].breaks(faulty.stuck_at(chain.head - 30))
    eventually(lambda: (gateway.provider("a").head_lag or 0) >= 30)

    listed = gateway.http.get(f"{gateway.url}/providers", headers={"Authorization": f"Bearer {gateway.plane.ticket()}"})

    assert [one["name"] for one in listed.json()["providers"]] == ["b", "a"]


def test_a_pool_that_nobody_calls_is_looked_at_seldom(
    tmp_path_factory: pytest.TempPathFactory, proxies: list[FaultyProxy]
) -> None:
    from tests.workers.rpc_gateway.running import gateway_of

    with gateway_of(tmp_path_factory.mktemp("idle"), pace={"awake_seconds": 1.0, "idle_seconds": 60.0}) as idle:
        idle.serve(pool(provider("a", proxies[0].url)))
        idle.ask("eth_chainId")
        before = proxies[0].asked["eth_getBlockByNumber"]
        eventually(lambda: proxies[0].asked["eth_getBlockByNumber"] > before)
        time.sleep(1.5)  # nothing tells that it has begun to idle
        proxies[0].forgets()

        time.sleep(1.5)
        assert len(proxies[0].requests) <= 1

        idle.post(calls(("eth_chainId", []))[0])
        eventually(lambda: proxies[0].asked["eth_getBlockByNumber"] >= 3)
