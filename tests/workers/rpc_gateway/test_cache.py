"""What is kept of answers: only what nothing changes any more, and not when the chain has become another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.platform.contracts.rpc import ProviderSettings
from tests.fixtures.chain import Node
from tests.waiting import eventually
from tests.workers.rpc_gateway import faulty
from tests.workers.rpc_gateway.faulty import FaultyProxy
from tests.workers.rpc_gateway.running import Gateway, calls, pool, provider


@pytest.fixture
def proxy(gateway: Gateway, proxies: list[FaultyProxy]) -> FaultyProxy:
    gateway.serve(pool(provider("a", proxies[0].url)))
    eventually(lambda: gateway.pool().finalized)
    # Nothing is kept before the pool that was woken by a call was looked at.
    eventually(lambda: asked_twice(gateway, proxies[0], "eth_chainId") == 0)
    return proxies[0]


def asked_twice(gateway: Gateway, proxy: FaultyProxy, method: str, *params: Any) -> int:
    """How many of two equal calls reach the node."""
    proxy.forgets()
    first, second = gateway.ask(method, *params), gateway.ask(method, *params)
    assert first.status_code == 200 and first.content == second.content
    assert first.headers["X-Trace-Provider"] == second.headers["X-Trace-Provider"] == "a"
    return reached(proxy, method, *params)


def reached(proxy: FaultyProxy, method: str, *params: Any) -> int:
    """The watcher asks for blocks as well, always in a batch or for the last one."""
    return sum(one["method"] == method and one["params"] == list(params) for one in proxy.requests if isinstance(one, dict))


def test_what_is_final_is_asked_once(gateway: Gateway, proxy: FaultyProxy, chain: Node) -> None:
    block = chain.ask("eth_getBlockByNumber", hex(82), True)
    assert (gateway.pool().finalized or 0) >= 82
    sent = block["transactions"][0]["hash"]

    assert asked_twice(gateway, proxy, "eth_getBlockByNumber", hex(81), True) == 1
    assert asked_twice(gateway, proxy, "eth_getBlockByHash", block["hash"], True) == 1
    assert asked_twice(gateway, proxy, "eth_getBlockReceipts", hex(82)) == 1
    assert asked_twice(gateway, proxy, "eth_getTransactionByHash", sent) == 1
    assert asked_twice(gateway, proxy, "eth_getTransactionReceipt", sent) == 1
    assert asked_twice(gateway, proxy, "eth_getLogs", {"fromBlock": hex(81), "toBlock": hex(82)}) == 1
    assert gateway.pool().cache_hits >= 6


def test_what_may_change_is_asked_every_time(gateway: Gateway, proxy: FaultyProxy, chain: Node) -> None:
    young = hex(chain.head)

    assert asked_twice(gateway, proxy, "eth_getBlockByNumber", young, False) == 2
    assert asked_twice(gateway, proxy, "eth_getBlockByNumber", "safe", False) == 2
    assert asked_twice(gateway, proxy, "eth_getBlockByNumber", "finalized", False) == 2
    assert asked_twice(gateway, proxy, "eth_getLogs", {"fromBlock": hex(80), "toBlock": young}) == 2
    assert asked_twice(gateway, proxy, "eth_getLogs", {"fromBlock": hex(80)}) == 2
    assert asked_twice(gateway, proxy, "eth_call", {"to": chain.deployed(), "data": "0x18160ddd"}, hex(82)) == 2


def test_null_an_empty_list_and_an_error_are_never_kept(gateway: Gateway, proxy: FaultyProxy) -> None:
    assert asked_twice(gateway, proxy, "eth_getBlockByNumber", "0xffffff", False) == 2
    assert asked_twice(gateway, proxy, "eth_getTransactionReceipt", f"0x{5:064x}") == 2
    assert asked_twice(gateway, proxy, "eth_getBlockReceipts", hex(3)) == 2
    assert asked_twice(gateway, proxy, "eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x2"}) == 2
    proxy.breaks(faulty.errors(-32000, "busy"), methods=["eth_getBlockByNumber"], times=1)
    assert "error" in gateway.ask("eth_getBlockByNumber", hex(60), False).json()
    assert gateway.ask("eth_getBlockByNumber", hex(60), False).json()["result"]["number"] == hex(60)


def test_a_batch_asks_only_for_what_is_not_kept(gateway: Gateway, proxy: FaultyProxy) -> None:
    gateway.ask("eth_getBlockByNumber", hex(70), False)
    proxy.forgets()

    said = gateway.post(calls(*[("eth_getBlockByNumber", [hex(number), False]) for number in (69, 70, 71)])).json()

    assert [one["result"]["number"] for one in said] == [hex(69), hex(70), hex(71)]
    sent = [one["params"][0] for batch in proxy.requests if isinstance(batch, list) for one in batch if one["params"]]
    assert hex(69) in sent and hex(71) in sent and hex(70) not in sent


def test_who_asks_one_provider_by_name_is_answered_by_it_and_not_from_what_is_kept(gateway: Gateway, proxy: FaultyProxy) -> None:
    gateway.ask("eth_getBlockByNumber", hex(50), False)
    proxy.forgets()

    gateway.ask("eth_getBlockByNumber", hex(50), False, X_Trace_Provider="a")
    gateway.ask("eth_getBlockByNumber", hex(50), False, X_Trace_Reads="quorum=1")

    assert reached(proxy, "eth_getBlockByNumber", hex(50), False) == 2


def test_pools_keep_their_own_answers(gateway: Gateway, proxies: list[FaultyProxy], chain: Node) -> None:
    first, second = proxies
    gateway.serve(pool(provider("a", first.url)), pool(provider("b", second.url), name="other"))
    for name in ("main", "other"):
        assert gateway.ask("eth_getBlockByNumber", hex(50), False, ticket=gateway.plane.ticket(name)).status_code == 200

    assert second.asked["eth_getBlockByNumber"] > 0
    answer = gateway.ask("eth_getBlockByNumber", hex(50), False, ticket=gateway.plane.ticket("other"))
    assert answer.headers["X-Trace-Provider"] == "b"


def test_what_is_kept_is_bounded(tmp_path_factory: pytest.TempPathFactory, proxies: list[FaultyProxy]) -> None:
    from tests.workers.rpc_gateway.running import gateway_of

    with gateway_of(tmp_path_factory.mktemp("small"), limits={"cache_bytes": 40_000}) as small:
        small.serve(pool(provider("a", proxies[0].url)))
        eventually(lambda: small.pool().finalized)
        for number in (50, *range(10, 70), 50):
            small.ask("eth_getBlockByNumber", hex(number), False)
        small.ask("eth_getBlockByNumber", hex(50), False)

        assert 0 < small.pool().cache_hits <= 2 and small.pool().cache_misses >= 60


@pytest.fixture
def own() -> Iterator[Node]:
    node = Node()
    node.start()
    node.mine(100)
    yield node
    node.stop()


def served(gateway: Gateway, node: Node, **more: Any) -> None:
    gateway.serve(pool(ProviderSettings(name="own", url=node.url, **more), name="own"))
    eventually(lambda: gateway.pool("own").finalized)


def test_a_node_that_comes_back_with_another_chain_makes_all_forgotten(gateway: Gateway, own: Node) -> None:
    served(gateway, own)
    ticket = gateway.plane.ticket("own")
    old = gateway.ask("eth_getBlockByNumber", hex(20), False, ticket=ticket).json()["result"]["hash"]
    assert gateway.ask("eth_getBlockByNumber", hex(20), False, ticket=ticket).json()["result"]["hash"] == old

    own.forget()
    own.start()
    # Of the same second and without transactions it would be the same chain.
    own.mine(1, transfers=1)
    own.mine(99)
    new = own.block(20)["hash"]
    assert new != old

    def is_new() -> bool:
        answer = gateway.ask("eth_getBlockByNumber", hex(20), False, ticket=ticket).json()
        return bool(answer["result"]["hash"] == new)

    eventually(is_new)
    eventually(lambda: '"rpc_cache_dropped"' in gateway.said)


def test_a_reorg_below_what_was_final_makes_all_forgotten(gateway: Gateway, own: Node) -> None:
    served(gateway, own)
    ticket = gateway.plane.ticket("own")
    old = gateway.ask("eth_getBlockByNumber", hex(30), False, ticket=ticket).json()["result"]["hash"]

    own.reorg(80)
    new = own.block(30)["hash"]
    assert new != old

    eventually(lambda: gateway.ask("eth_getBlockByNumber", hex(30), False, ticket=ticket).json()["result"]["hash"] == new)


def test_a_chain_without_a_word_of_its_own_is_final_by_depth(gateway: Gateway, proxies: list[FaultyProxy], chain: Node) -> None:
    async def refuses_finalized(exchange: faulty.Exchange) -> Any:
        import json

        asked, said = json.loads(exchange.body), json.loads(await exchange.pass_on())
        for question, one in zip(asked, said, strict=True):
            if question["params"][:1] == ["finalized"]:
                one.pop("result")
                one["error"] = {"code": -32602, "message": "unknown block tag"}
        return exchange.answer(json.dumps(said))

    proxies[0].breaks(refuses_finalized, methods=["web3_clientVersion"])
    gateway.serve(pool(provider("a", proxies[0].url), finality_depth=10))

    eventually(lambda: gateway.pool().finalized == chain.head - 10)
    assert gateway.provider("a").finalized is None
