"""What no client should send, and what a network does."""

from __future__ import annotations

import json
import os
import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.waiting import eventually
from tests.workers.rpc_gateway import faulty
from tests.workers.rpc_gateway.faulty import FaultyProxy
from tests.workers.rpc_gateway.running import Gateway, calls, pool, provider

GOOD = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}).encode()


@pytest.fixture
def served(gateway: Gateway, proxies: list[FaultyProxy]) -> Iterator[FaultyProxy]:
    gateway.serve(pool(provider("a", proxies[0].url)))
    yield proxies[0]
    assert gateway.post(GOOD).json()["result"] == "0x7a69", "the gateway goes on"


@pytest.mark.parametrize("body", [
    b"", b" ", b"{", b"null", b"true", b"5", b'"x"', b"[]", b"\xff\xfe", b"\x00" * 10, b"[" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'{"id":1,"method":"eth_chainId","method":"evm_mine"}', b'{"id":1,"method":"eth_call","params":[{"to":"0x1","to":"0x2"}]}',
    b'{"id":NaN,"method":"eth_chainId"}', b'{"id":1,"method":"eth_chainId","params":[Infinity]}', b"9" * 5_000, b"random-nonsense " * 65_536,
    random.Random(1).randbytes(1 << 20),
], ids=range(19))  # fmt: skip
def test_a_body_that_is_no_call_is_refused_in_words(gateway: Gateway, served: FaultyProxy, body: bytes) -> None:
    served.forgets()

    answer = gateway.post(body)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), answer.text[:200]
    assert len(answer.content) < 1_000
    assert not any(isinstance(one, dict) and one["method"] != "eth_getBlockByNumber" for one in served.requests)


@pytest.mark.parametrize("call", [
    {}, {"method": ""}, {"method": None}, {"method": ["eth_chainId"]}, {"method": "eth_chainId", "params": 5}, {"method": "eth_chainId", "params": "x"},
    {"id": {}, "method": "eth_chainId"}, {"id": True, "method": "eth_chainId"},
])  # fmt: skip
def test_a_call_that_is_none_is_an_error_of_its_own(gateway: Gateway, served: FaultyProxy, call: dict[str, object]) -> None:
    answer = gateway.post(call)

    assert answer.status_code == 400 and answer.json()["error"]["code"] == -32600
    said = gateway.post([call, *calls(("eth_chainId", []))]).json()
    assert said[0]["error"]["code"] == -32600 and said[1]["result"] == "0x7a69"


def test_a_batch_of_ten_thousand_is_refused_and_one_of_a_thousand_is_answered(gateway: Gateway, served: FaultyProxy) -> None:
    answer = gateway.post(calls(*[("eth_gasPrice", [])] * 10_000))
    assert answer.status_code == 400 and "5,000 is the most" in answer.json()["message"]

    said = gateway.post(calls(*[("eth_gasPrice", [])] * 1_000)).json()
    assert [one["id"] for one in said] == list(range(1_000)) and all("result" in one for one in said)


def test_a_body_that_is_too_large_is_not_read(gateway: Gateway, served: FaultyProxy) -> None:
    assert gateway.post(b"[" + b" " * (3 << 20) + b"]").json()["code"] == "body_too_large"

    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b" " * (1 << 16)

    answer = gateway.http.post(
        f"{gateway.url}/rpc", content=endless(), headers={"Authorization": f"Bearer {gateway.plane.ticket()}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_bomb_of_compressed_text_is_not_opened(gateway: Gateway, served: FaultyProxy) -> None:
    import gzip

    bomb = gzip.compress(b" " * (64 << 20))

    answer = gateway.post(bomb, headers={"Content-Encoding": "gzip"})

    assert answer.status_code in {400, 413}


@pytest.mark.parametrize("path", ["/", "/nothing", "/rpc/../status", "/rpc/a/b", "/status/", "/metrics", "/internal/rpc/pools"])
def test_a_path_that_there_is_not_is_404_in_the_same_form(gateway: Gateway, path: str) -> None:
    answer = gateway.http.get(gateway.url + path)

    assert answer.status_code in {401, 404, 405} and answer.json()["code"] and answer.json()["request_id"]


def test_a_get_without_a_websocket_is_told_what_to_do(gateway: Gateway, served: FaultyProxy) -> None:
    answer = gateway.http.get(f"{gateway.url}/rpc/{gateway.plane.ticket()}")

    assert answer.status_code == 405 and "POST" in answer.json()["message"]
    assert gateway.http.delete(f"{gateway.url}/rpc").json()["code"] == "bad_request"


@pytest.mark.parametrize("garbage", [
    b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"POST /rpc HTTP/9.9\r\n\r\n", b"\x00" * 70_000, b"POST /rpc HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    b"POST /rpc HTTP/1.1\r\nX: " + b"y" * 100_000, b"POST /rpc HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
], ids=range(7))  # fmt: skip
def test_what_is_no_http_is_answered_or_closed(gateway: Gateway, served: FaultyProxy, garbage: bytes) -> None:
    with raw(gateway) as connection:
        try:
            connection.sendall(garbage + b"\r\n\r\n")
            assert connection.recv(65_536)[:9] in {b"HTTP/1.1 ", b"HTTP/1.0 ", b""}
        except ConnectionError:
            pass


def test_a_ticket_in_a_request_that_cannot_be_read_is_not_logged(gateway: Gateway, served: FaultyProxy) -> None:
    ticket = gateway.plane.ticket()
    with raw(gateway) as connection:
        connection.sendall(f"GET /rpc/{ticket} HTTP/1.1\r\nAuthorization: Bearer {ticket}\r\nbad header\r\n\r\n".encode())
        connection.recv(65_536)

    assert ticket not in gateway.said


def test_who_sends_half_a_request_is_cut_off(gateway: Gateway, served: FaultyProxy) -> None:
    head = f"POST /rpc HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.plane.ticket()}\r\n".encode()
    for started in (b"", b"POST /rp", head, head + b"Content-Length: 50\r\n\r\n{"):
        with raw(gateway) as connection:
            connection.sendall(started)
            began = time.monotonic()
            said = connection.recv(65_536)
            assert said == b"" or b" 408 " in said.split(b"\r\n")[0]
            assert time.monotonic() - began < 8


def test_many_who_dawdle_keep_nobody_else_waiting(gateway: Gateway, served: FaultyProxy) -> None:
    held = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(200)]
    for one in held:
        one.sendall(b"POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Le")
    started = time.monotonic()

    assert gateway.post(GOOD).status_code == 200
    assert time.monotonic() - started < 2
    for one in held:
        one.close()


def test_a_call_whose_caller_has_gone_is_given_up(gateway: Gateway, served: FaultyProxy) -> None:
    served.breaks(faulty.late(30), methods=["debug_traceBlockByNumber"])
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "debug_traceBlockByNumber", "params": ["0x1"]}).encode()
    with raw(gateway) as connection:
        connection.sendall(
            f"POST /rpc HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.plane.ticket()}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        eventually(lambda: gateway.provider("a").in_flight == 1)

    eventually(lambda: gateway.provider("a").in_flight == 0, seconds=5)
    eventually(lambda: "trace_rpc_in_flight 0.0" in gateway.metrics)


def test_a_name_of_a_method_is_no_way_into_the_question(gateway: Gateway, served: FaultyProxy) -> None:
    name = 'eth_chainId","params":[],"x":"'

    assert gateway.ask(name).status_code == 403
    assert os.linesep not in gateway.ask(name + "\n").json()["error"]["message"]


@contextmanager
def raw(gateway: Gateway) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=15) as connection:
        yield connection
