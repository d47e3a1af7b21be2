"""WebSockets: calls, subscriptions that outlive their provider, and callers that do not read."""

from __future__ import annotations

import json
import socket as sockets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from operators.sdk.errors import Retry
from tests.fixtures.chain import Node
from tests.waiting import eventually
from tests.workers.rpc_gateway import faulty
from tests.workers.rpc_gateway.faulty import FaultyProxy
from tests.workers.rpc_gateway.running import Gateway, gateway_of, pool, provider, some_task


@pytest.fixture
def own() -> Iterator[Node]:
    node = Node()
    node.start()
    node.mine(3)
    yield node
    node.stop()


@pytest.fixture
def ways(gateway: Gateway, own: Node) -> Iterator[list[FaultyProxy]]:
    """Two providers with sockets, of one node that this test may mine on."""
    made = [FaultyProxy(own.url), FaultyProxy(own.url)]
    for one in made:
        one.start()
    gateway.serve(pool(*(provider(name, one.url, ws_url=one.ws_url) for name, one in zip("ab", made, strict=True))))
    yield made
    for one in made:
        one.stop()


@contextmanager
def opened(gateway: Gateway, *, path: bool = False, ticket: str = "") -> Iterator[ClientConnection]:
    ticket = ticket or gateway.plane.ticket(task=some_task())
    url = gateway.url.replace("http", "ws", 1) + "/rpc" + (f"/{ticket}" if path else "")
    with connect(url, additional_headers={} if path else {"Authorization": f"Bearer {ticket}"}, max_size=None) as socket:
        yield socket


def ask(socket: ClientConnection, method: str, *params: Any) -> Any:
    socket.send(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))
    while True:
        said = json.loads(socket.recv(timeout=10))
        if said.get("id") == method:
            return said["result"] if "result" in said else said["error"]


def told(socket: ClientConnection, subscription: str, *, seconds: float = 15) -> Any:
    said = json.loads(socket.recv(timeout=seconds))
    assert said["method"] == "eth_subscription" and said["params"]["subscription"] == subscription
    return said["params"]["result"]


def test_calls_are_answered_over_a_socket_as_over_http(gateway: Gateway, ways: list[FaultyProxy], own: Node) -> None:
    for path in (False, True):
        with opened(gateway, path=path) as socket:
            assert ask(socket, "eth_blockNumber") == hex(own.head)
            assert "refused" in ask(socket, "evm_mine")["message"]
            socket.send("[]")
            assert "empty" in json.loads(socket.recv(timeout=5))["error"]["message"]
            socket.send(b'[{"id":1,"method":"eth_chainId"},{"id":1,"method":"eth_chainId"}]')
            assert [one["result"] for one in json.loads(socket.recv(timeout=5))] == ["0x7a69"] * 2


def test_without_a_ticket_no_socket_opens(gateway: Gateway, ways: list[FaultyProxy]) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(gateway.url.replace("http", "ws", 1) + "/rpc"):
        pass

    assert refused.value.response.status_code == 401


def test_many_callers_are_told_heads_by_one_socket_per_provider(gateway: Gateway, ways: list[FaultyProxy], own: Node) -> None:
    gateway.ask("eth_blockNumber")
    with opened(gateway) as first, opened(gateway) as second, opened(gateway) as third:
        ids = [ask(one, "eth_subscribe", "newHeads") for one in (first, second, third)]
        head = own.mine()

        for one, subscription in zip((first, second, third), ids, strict=True):
            assert told(one, subscription)["number"] == hex(head)
        assert len(set(ids)) == 3
        assert all(way.sockets <= 1 for way in ways)


def test_logs_are_told_by_their_filter(gateway: Gateway, ways: list[FaultyProxy], own: Node) -> None:
    token = own.deployed()
    with opened(gateway) as socket:
        wanted = ask(socket, "eth_subscribe", "logs", {"address": token})
        ask(socket, "eth_subscribe", "logs", {"address": f"0x{1:040x}"})

        own.mine(tokens=1)

        log = told(socket, wanted)
        assert log["address"] == token and log["topics"]


def test_who_leaves_a_subscription_is_told_no_more(gateway: Gateway, ways: list[FaultyProxy], own: Node) -> None:
    with opened(gateway) as socket, opened(gateway) as other:
        subscription, kept = ask(socket, "eth_subscribe", "newHeads"), ask(other, "eth_subscribe", "newHeads")

        assert ask(socket, "eth_unsubscribe", subscription) is True
        assert ask(socket, "eth_unsubscribe", subscription) is False
        own.mine()

        assert told(other, kept)
        assert ask(socket, "eth_chainId") == "0x7a69", "and nothing came before it"


@pytest.mark.parametrize("how", ["closed", "half open"])
def test_a_subscription_goes_on_at_another_provider(gateway: Gateway, ways: list[FaultyProxy], own: Node, how: str) -> None:
    before = gateway.said.count("rpc_subscription_moves")
    with opened(gateway) as socket:
        subscription = ask(socket, "eth_subscribe", "newHeads")
        # One of both tells it: each is gone in turn.
        for way in ways:
            if how == "closed":
                way.breaks(faulty.status(500))
                way.drops_sockets()
            else:
                way.silences_sockets()
            eventually(lambda: is_told(socket, subscription, own), seconds=25)
            way.heals()
            eventually(lambda: all(one.circuit == "closed" for one in gateway.pool().providers))
            eventually(lambda: all(one.sockets == 1 for one in ways), seconds=25)

    assert gateway.said.count("rpc_subscription_moves") > before


def is_told(socket: ClientConnection, subscription: str, own: Node) -> bool:
    head = own.mine()
    try:
        while told(socket, subscription, seconds=1)["number"] != hex(head):
            pass
    except TimeoutError:
        return False
    return True


def test_with_no_provider_left_the_caller_is_told_to_poll(gateway: Gateway, ways: list[FaultyProxy]) -> None:
    with opened(gateway) as socket:
        ask(socket, "eth_subscribe", "newHeads")
        for way in ways:
            way.breaks(faulty.status(500))
        eventually(lambda: all(one.circuit != "closed" for one in gateway.pool().providers))
        for way in ways:
            way.drops_sockets()

        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=15)

        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013 and "poll" in closed.value.rcvd.reason


def test_a_pool_whose_providers_have_no_sockets_says_so(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    gateway.serve(pool(provider("a", proxies[0].url)))

    with opened(gateway) as socket:
        assert "poll" in ask(socket, "eth_subscribe", "newHeads")["message"]
        assert "newHeads" in ask(socket, "eth_subscribe", "newPendingTransactions")["message"]
        assert "newHeads" in ask(socket, "eth_subscribe")["message"]
        assert "filter" in ask(socket, "eth_subscribe", "logs", 5)["message"]
    over_http = gateway.ask("eth_subscribe", "newHeads")
    assert over_http.status_code == 403 and "WebSocket" in over_http.json()["error"]["message"]


def test_the_client_of_operators_hears_heads(gateway: Gateway, ways: list[FaultyProxy], own: Node) -> None:
    with gateway.rpc() as rpc:
        rpc.call("eth_chainId")
        with rpc.heads() as heads:
            head = own.mine()
            said = heads.next(seconds=10)

            assert said is not None and (said.number, said.hash) == (head, own.block()["hash"])
            assert heads.next(seconds=0.2) is None

            gateway.plane.tell()
            with pytest.raises(Retry):
                heads.next(seconds=15)


def test_heads_are_known_by_announcement_within_a_moment(gateway: Gateway, ways: list[FaultyProxy], own: Node) -> None:
    gateway.ask("eth_blockNumber")
    eventually(lambda: all(way.sockets == 1 for way in ways))

    head = own.mine()

    eventually(lambda: gateway.pool().head == head)
    assert gateway.pool().head_hash == own.block()["hash"]
    assert gateway.pool().head_seen_at is not None


def test_a_caller_that_does_not_read_is_dropped(tmp_path_factory: pytest.TempPathFactory, own: Node) -> None:
    way = FaultyProxy(own.url)
    way.start()
    with gateway_of(tmp_path_factory.mktemp("slow"), limits={"most_unsent": 20, "most_unsent_bytes": 200_000}) as running:
        running.serve(pool(provider("a", way.url, ws_url=way.ws_url)))
        token = own.deployed()
        with opened(running) as reader:
            kept = ask(reader, "eth_subscribe", "newHeads")
            slow = deaf_caller(running, token)
            for _ in range(15):
                own.scatter(2_000)
                told(reader, kept)
                if "rpc_caller_dropped" in running.said:
                    break
            eventually(lambda: "rpc_caller_dropped" in running.said)
            eventually(lambda: "trace_rpc_sockets 1.0" in running.metrics)
            head = own.mine()
            assert told(reader, kept)["number"] == hex(head), "the others are told as before"
        slow.close()
    way.stop()


def deaf_caller(gateway: Gateway, token: str) -> sockets.socket:
    """It subscribes to logs, and reads nothing."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", gateway.port))
    raw.sendall(
        f"GET /rpc/{gateway.plane.ticket(task=some_task())} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert b" 101 " in raw.recv(4096)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["logs", {"address": token}]}).encode()
    masked = bytes(byte ^ (1, 2, 3, 4)[number % 4] for number, byte in enumerate(body))
    raw.sendall(bytes([0x81, 0x80 | 126]) + len(body).to_bytes(2) + bytes([1, 2, 3, 4]) + masked)
    assert b"result" in raw.recv(4096)
    return raw


def test_a_socket_ends_with_its_ticket(gateway: Gateway, ways: list[FaultyProxy]) -> None:
    with opened(gateway, ticket=gateway.plane.ticket(seconds=2)) as socket:
        started = time.monotonic()
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008 and "ticket" in closed.value.rcvd.reason
    assert time.monotonic() - started < 5


def test_a_socket_has_only_so_many_subscriptions(gateway: Gateway, ways: list[FaultyProxy]) -> None:
    with opened(gateway) as socket:
        said = [ask(socket, "eth_subscribe", "newHeads") for _ in range(66)]

    assert all(isinstance(one, str) for one in said[:64])
    assert "as many as it may" in said[65]["message"]


@pytest.mark.parametrize(
    "garbage", ["", "{", "null", "5", '"x"', "[" * 100_000, '{"method":5}', "\x00", "[1,2]", '{"id":{},"method":"eth_chainId"}']
)
def test_garbage_on_a_socket_is_answered_and_the_socket_stays(gateway: Gateway, ways: list[FaultyProxy], garbage: str) -> None:
    with opened(gateway) as socket:
        socket.send(garbage)
        said = json.loads(socket.recv(timeout=5))
        assert "error" in (said[0] if isinstance(said, list) else said)
        assert ask(socket, "eth_chainId") == "0x7a69"
