"""What providers do wrong, and that callers do not notice."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.fixtures.chain import Node
from tests.waiting import eventually
from tests.workers.rpc_gateway import faulty
from tests.workers.rpc_gateway.faulty import Act, FaultyProxy
from tests.workers.rpc_gateway.running import Gateway, calls, pool, provider, some_task

Pair = tuple[FaultyProxy, FaultyProxy]
# A block that is another one than was asked for.
WRONG_BLOCK = faulty.changes(lambda _, result: {**result, "hash": f"0x{7:064x}"} if isinstance(result, dict) else result)
FAULTS: dict[str, Act] = {
    "http 500": faulty.status(500), "http 502 text": faulty.status(502, "<html>bad gateway</html>"), "http 429": faulty.limited(),
    "http 429 with Retry-After": faulty.limited(retry_after="60"), "http 401": faulty.status(401, "bad key"), "http 301": faulty.status(301, ""),
    "text body": faulty.text_body, "truncated JSON": faulty.truncated, "closed in the middle": faulty.closes_in_the_middle,
    "never answers": faulty.never_answers, "wrong block": WRONG_BLOCK, "empty": faulty.replies(b""), "an array": faulty.replies(b"[]"),
    "no result": faulty.replies(b'{"jsonrpc":"2.0","id":1}'), "NaN": faulty.replies(b'{"jsonrpc":"2.0","id":1,"result":NaN}'),
    "deep": faulty.replies(b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "another id": faulty.replies(b'[{"jsonrpc":"2.0","id":5,"result":"0x1"},{"jsonrpc":"2.0","id":6,"result":"0x1"}]'),
    "bytes": faulty.replies(b"\xff\xfe\x00{"), "two answers": faulty.replies(b'{"jsonrpc":"2.0","id":1,"result":1}{}'),
    "rate limit in JSON": faulty.errors(-32005, "daily request count exceeded, request rate limited"),
    "method not found": faulty.errors(-32601, "the method eth_getBlockByNumber does not exist/is not available"),
}  # fmt: skip


def on_a(gateway: Gateway) -> str:
    """A ticket of a task that has `a` as its provider."""
    for _ in range(200):
        ticket = gateway.plane.ticket(task=some_task())
        if gateway.ask("eth_gasPrice", ticket=ticket).headers["X-Trace-Provider"] == "a":
            return ticket
    raise AssertionError("no task was given `a`")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_one_provider_is_made_good_by_another(gateway: Gateway, pair: Pair, chain: Node, name: str) -> None:
    ticket = on_a(gateway)
    pair[0].breaks(FAULTS[name], methods=["eth_getBlockByHash"])
    block = chain.block(100)
    started = time.monotonic()

    answer = gateway.ask("eth_getBlockByHash", block["hash"], False, ticket=ticket)

    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["hash"] == block["hash"]
    assert answer.headers["X-Trace-Provider"] == "b"
    assert time.monotonic() - started < 5, "a stuck provider is left within seconds"


@pytest.mark.parametrize(("name", "status", "code"), [
    ("http 500", 502, "providers_failed"), ("never answers", 504, "providers_timed_out"), ("text body", 502, "providers_failed"),
    ("http 429 with Retry-After", 429, "rate_limited"), ("closed in the middle", 502, "providers_failed"),
])  # fmt: skip
def test_when_every_provider_fails_the_answer_says_how_and_when_to_come_back(
    gateway: Gateway, pair: Pair, name: str, status: int, code: str
) -> None:
    ticket = gateway.plane.ticket(task=some_task())
    for proxy in pair:
        proxy.breaks(FAULTS[name], methods=["eth_getCode"])

    answer = gateway.ask("eth_getCode", f"0x{1:040x}", "latest", ticket=ticket)

    said = answer.json()
    assert (answer.status_code, said["code"]) == (status, code), answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    assert set(said["detail"]["providers"]) == {"a", "b"}


def test_an_accident_is_made_good_by_the_same_provider(gateway: Gateway, pair: Pair) -> None:
    ticket = on_a(gateway)
    pair[0].breaks(faulty.status(500), methods=["eth_getCode"], times=1)

    answer = gateway.ask("eth_getCode", f"0x{1:040x}", "latest", ticket=ticket)

    assert (answer.json()["result"], answer.headers["X-Trace-Provider"]) == ("0x", "a")


@pytest.mark.parametrize("retry_after", ["1", ""])
def test_a_provider_that_is_alone_is_waited_for_as_long_as_it_says(
    gateway: Gateway, proxies: list[FaultyProxy], retry_after: str
) -> None:
    gateway.serve(pool(provider("a", proxies[0].url)))
    proxies[0].breaks(faulty.limited(retry_after=retry_after), methods=["eth_getCode"], times=1)
    started = time.monotonic()

    answer = gateway.ask("eth_getCode", f"0x{1:040x}", "latest")

    assert answer.json()["result"] == "0x"
    assert 0.3 < time.monotonic() - started < 4
    assert gateway.provider("a").rate_limited == 1


def test_too_many_results_are_no_rate_limit(gateway: Gateway, pair: Pair) -> None:
    """The same code says both."""
    for proxy in pair:
        proxy.breaks(faulty.errors(-32005, "query returned more than 10000 results"), methods=["eth_getLogs"])

    answer = gateway.ask("eth_getLogs", {"fromBlock": "0x1", "toBlock": "latest"})

    assert answer.json()["error"] == {"code": -32005, "message": "query returned more than 10000 results"}


def test_the_circuit_of_a_provider_that_is_away_opens_and_closes_when_it_is_back(gateway: Gateway, pair: Pair) -> None:
    ticket = on_a(gateway)
    pair[0].breaks(faulty.never_answers)
    eventually(lambda: gateway.provider("a").circuit != "closed")
    pair[0].forgets()

    started = time.monotonic()
    for _ in range(10):
        assert gateway.ask("eth_getCode", f"0x{2:040x}", "latest", ticket=ticket).headers["X-Trace-Provider"] == "b"
    assert time.monotonic() - started < 1, "nobody waits for a provider that is known to be away"
    assert pair[0].asked["eth_getCode"] == 0
    assert "did not answer" in gateway.provider("a").problem

    pair[0].heals()
    eventually(lambda: gateway.provider("a").circuit == "closed")
    assert gateway.provider("a").problem == ""


def test_with_all_providers_away_callers_are_sent_away_at_once(gateway: Gateway, pair: Pair) -> None:
    for proxy in pair:
        proxy.breaks(faulty.status(500))
    eventually(lambda: all(one.circuit != "closed" for one in gateway.pool().providers))
    started = time.monotonic()

    answer = gateway.ask("eth_getCode", f"0x{1:040x}", "latest")

    assert (answer.status_code, answer.json()["code"]) == (503, "no_provider")
    assert "a: Failed lately: it answered 500" in answer.json()["message"] and answer.headers["Retry-After"]
    assert time.monotonic() - started < 1
    for proxy in pair:
        proxy.heals()
    eventually(lambda: gateway.ask("eth_getCode", f"0x{1:040x}", "latest").status_code == 200)


def test_a_provider_that_does_not_listen_is_no_obstacle(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    gone = FaultyProxy(proxies[0].node_url)
    gone.start()
    address = gone.url
    gone.stop()
    gateway.serve(pool(provider("gone", address, weight=1000), provider("b", proxies[1].url)))

    assert gateway.ask("eth_chainId").headers["X-Trace-Provider"] == "b"
    assert "takes no connection" in gateway.provider("gone").problem


def test_a_provider_of_another_chain_is_never_used_and_says_so(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    first, second = proxies
    first.breaks(faulty.changes(lambda method, result: "0x1" if method == "eth_chainId" else result))
    gateway.serve(pool(provider("wrong", first.url, weight=1000), provider("b", second.url)))

    for _ in range(10):
        assert (
            gateway.ask("eth_getCode", f"0x{3:040x}", "latest", ticket=gateway.plane.ticket(task=some_task())).headers[
                "X-Trace-Provider"
            ]
            == "b"
        )
    assert first.asked["eth_getCode"] == 0
    assert gateway.provider("wrong").problem == "It is chain 1, and the pool is chain 31337: it is never used."
    answer = gateway.ask("eth_getCode", f"0x{3:040x}", "latest", X_Trace_Provider="wrong")
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unwell")
    first.heals()
    eventually(lambda: gateway.provider("wrong").problem == "")


def test_a_provider_whose_first_block_is_not_that_of_the_others_is_never_used(
    gateway: Gateway, proxies: list[FaultyProxy], chain: Node
) -> None:
    other = Node()
    other.start()
    try:
        gateway.serve(
            pool(provider("odd", other.url, weight=1000), provider("a", proxies[0].url), provider("b", proxies[1].url)),
            verified=False,
        )
        eventually(lambda: "first block is not that" in gateway.provider("odd").problem)

        served = {
            gateway.ask("eth_blockNumber", ticket=gateway.plane.ticket(task=some_task())).headers["X-Trace-Provider"]
            for _ in range(20)
        }
        assert served == {"a", "b"}
    finally:
        other.stop()


def test_a_provider_whose_head_stands_still_is_the_last_choice(gateway: Gateway, pair: Pair, chain: Node) -> None:
    ticket = on_a(gateway)
    pair[0].breaks(faulty.stuck_at(chain.head))
    chain.mine(20)
    eventually(lambda: "20 blocks behind" in gateway.provider("a").problem)

    answer = gateway.ask("eth_blockNumber", ticket=ticket)
    assert (answer.headers["X-Trace-Provider"], answer.json()["result"]) == ("b", hex(chain.head))
    assert gateway.provider("a").head_lag == 20

    pair[1].breaks(faulty.status(500))
    eventually(lambda: gateway.provider("b").circuit != "closed")
    assert gateway.ask("eth_gasPrice", ticket=ticket).headers["X-Trace-Provider"] == "a"


def test_a_provider_with_an_absurd_head_draws_no_calls_where_two_others_agree(
    gateway: Gateway, proxies: list[FaultyProxy], chain: Node
) -> None:
    first, second = proxies
    liar = FaultyProxy(chain.url)
    liar.start()
    try:
        liar.breaks(faulty.absurd_head(10**9))
        honest = [provider("a", first.url), provider("b", second.url)]
        gateway.serve(pool(*honest, provider("liar", liar.url, weight=1)))
        eventually(lambda: gateway.provider("liar").head == 10**9)
        served = [gateway.ask("eth_blockNumber", ticket=gateway.plane.ticket(task=some_task())) for _ in range(20)]

        assert [gateway.provider(name).head_lag for name in ("a", "b")] == [0, 0]
        assert {"a", "b"} <= {one.headers["X-Trace-Provider"] for one in served}
        assert gateway.status.pools[0].head == chain.head
    finally:
        # Asked of no more before it is gone.
        gateway.serve()
        liar.stop()


def test_what_a_provider_has_not_got_is_asked_of_another_and_remembered(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    first, second = proxies
    first.breaks(faulty.errors(-32601, "Method not found", methods=["trace_block"]), methods=["trace_block"])
    gateway.serve(pool(provider("a", first.url, weight=1000), provider("b", second.url, weight=1)))
    ticket = on_a(gateway)

    for _ in range(3):
        answer = gateway.ask("trace_block", hex(82), ticket=ticket)
        assert answer.headers["X-Trace-Provider"] == "b" and answer.json()["result"]
    assert first.asked["trace_block"] == 1
    assert gateway.ask("eth_gasPrice", ticket=ticket).headers["X-Trace-Provider"] == "a", "for the rest it keeps its provider"


@pytest.mark.parametrize("reads", ["sticky", "any"])
def test_of_what_no_provider_has_one_says_so(gateway: Gateway, proxies: list[FaultyProxy], reads: str) -> None:
    for one in proxies:
        one.breaks(faulty.errors(-32601, "Method not found", methods=["eth_getProof"]), methods=["eth_getProof"])
    gateway.serve(pool(provider("a", proxies[0].url), provider("b", proxies[1].url)))

    for _ in range(3):
        answer = gateway.ask("eth_getProof", f"0x{1:040x}", [], "latest", X_Trace_Reads=reads)
        assert (answer.status_code, answer.json()["error"]["code"]) == (200, -32601)


def test_providers_that_are_said_to_have_traces_are_asked_for_them_first(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    first, second = proxies
    gateway.serve(
        pool(
            provider("a", first.url, weight=1000),
            provider("b", second.url, weight=1, has_traces=True, has_debug=True, has_archive=True),
        )
    )
    ticket = on_a(gateway)

    asked: dict[str, list[Any]] = {
        "trace_block": [hex(82)],
        "debug_traceBlockByNumber": [hex(82), {"tracer": "callTracer"}],
        "eth_getBalance": [f"0x{1:040x}", "0x1"],
    }
    for method, params in asked.items():
        assert gateway.ask(method, *params, ticket=ticket).headers["X-Trace-Provider"] == "b"


def test_state_that_one_node_has_pruned_is_asked_of_another(gateway: Gateway, pair: Pair) -> None:
    ticket = on_a(gateway)
    pair[0].breaks(faulty.errors(-32000, "missing trie node 0xabc (path )"), methods=["eth_getBalance"])

    answer = gateway.ask("eth_getBalance", f"0x{1:040x}", "0x2", ticket=ticket)

    assert answer.headers["X-Trace-Provider"] == "b" and "result" in answer.json()


def test_what_no_provider_has_comes_back_as_the_node_said_it(gateway: Gateway, pair: Pair) -> None:
    for proxy in pair:
        proxy.breaks(faulty.errors(-32601, "Method not found"), methods=["trace_get"])

    for _ in range(2):
        answer = gateway.ask("trace_get", "0x00", ["0x0"])
        assert answer.json()["error"] == {"code": -32601, "message": "Method not found"}


def test_a_provider_is_asked_no_more_often_than_it_may_be(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    gateway.serve(pool(provider("a", proxies[0].url, requests_per_second=20)))
    started, before = time.monotonic(), proxies[0].asked["eth_getCode"]

    for number in range(12):
        assert gateway.post(calls(*[("eth_getCode", [f"0x{number:040x}", "latest"])] * 5)).status_code == 200

    assert proxies[0].asked["eth_getCode"] - before == 60
    assert time.monotonic() - started > 1.8, "60 calls at 20 a second, of which a second's worth was there"


def test_a_provider_has_no_more_calls_open_than_it_may(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    gateway.serve(pool(provider("a", proxies[0].url, most_concurrent=3)))
    proxies[0].breaks(faulty.late(0.1), methods=["eth_getCode"])
    proxies[0].forgets()

    with ThreadPoolExecutor(12) as callers:
        answers = list(
            callers.map(lambda number: gateway.ask("eth_getCode", f"0x{number:040x}", "latest").status_code, range(12))
        )

    assert answers == [200] * 12
    assert proxies[0].most_open <= 4, "three, and one look of the watcher's at most"


def test_an_answer_larger_than_the_gateway_holds_is_refused(
    tmp_path_factory: pytest.TempPathFactory, proxies: list[FaultyProxy]
) -> None:
    from tests.workers.rpc_gateway.running import gateway_of

    huge = b'{"jsonrpc":"2.0","id":1,"result":"' + b"0" * 3_000_000 + b'"}'
    with gateway_of(tmp_path_factory.mktemp("small"), limits={"most_answer_bytes": 1 << 20}) as small:
        small.serve(pool(provider("a", proxies[0].url)))
        proxies[0].breaks(faulty.replies(huge), methods=["debug_traceBlockByNumber"])

        answer = small.ask("debug_traceBlockByNumber", "0x1")

        assert (answer.status_code, answer.json()["code"]) == (502, "answer_too_large")
        assert small.provider("a").circuit == "closed"


def test_one_error_for_a_whole_batch_is_an_error_of_each_call(gateway: Gateway, pair: Pair) -> None:
    whole = json.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches here"}}).encode()
    for proxy in pair:
        proxy.breaks(faulty.replies(whole), methods=["eth_getCode"])

    answers = gateway.post(calls(*[("eth_getCode", [f"0x{1:040x}", "latest"])] * 2)).json()

    assert [(one["id"], one["error"]["message"]) for one in answers] == [(0, "no batches here"), (1, "no batches here")]
