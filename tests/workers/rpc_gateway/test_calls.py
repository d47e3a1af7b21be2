"""Calls that go well."""

from __future__ import annotations

from operators.sdk.rpc import Call
from tests.fixtures.chain import Node
from tests.workers.rpc_gateway.faulty import FaultyProxy
from tests.workers.rpc_gateway.running import Gateway, some_task

Pair = tuple[FaultyProxy, FaultyProxy]


def test_a_call_is_answered_by_a_provider_that_is_named(gateway: Gateway, pair: Pair, chain: Node) -> None:
    answer = gateway.ask("eth_blockNumber")

    assert answer.json() == {"jsonrpc": "2.0", "id": 1, "result": hex(chain.head)}
    assert answer.headers["X-Trace-Provider"] in {"a", "b"}


def test_the_client_of_operators_reads_the_same_through_the_gateway_as_from_the_node(
    gateway: Gateway, pair: Pair, chain: Node
) -> None:
    asked = [("eth_getBlockByNumber", [hex(82), True]), ("eth_getBlockReceipts", [hex(82)]), ("eth_blockNumber", [])]

    with gateway.rpc(task=some_task()) as rpc:
        assert rpc.batch([Call(*one) for one in asked]) == chain.ask_all(asked)
        assert rpc.answered_by in {"a", "b"}
        assert set(rpc.providers()) == {"a", "b"}
