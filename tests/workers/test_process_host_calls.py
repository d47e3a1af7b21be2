"""What the host of processes says to those who are not the dispatcher, or speak no sense."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from apps.platform.contracts import WORKER_TOKEN_HEADER
from apps.platform.contracts.processes import MOST_BODY_BYTES, MOST_HANDLES
from tests.workers.hosting import Hosting, hosting
from tests.workers.plane import WORKER_TOKEN

TASK = "10000000-0000-4000-8000-000000000001"
GOOD = {"task_id": TASK, "token": "t"}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    with hosting(tmp_path_factory.mktemp("host")) as host:
        yield host


def post(host: Hosting, path: str, *, token: str | bytes | None = WORKER_TOKEN, **sent: object) -> httpx.Response:
    given = token.encode() if isinstance(token, str) else token
    headers = [] if given is None else [(WORKER_TOKEN_HEADER.encode(), given)]
    return httpx.post(host.url + path, headers=headers, **sent)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/containers", "/containers/stop", "/containers/states", "/nothing"])
@pytest.mark.parametrize("token", [None, b"", b"trace_wkr_another", WORKER_TOKEN[:-1].encode(), b"\xe9\xff"])
def test_whoever_has_no_valid_token_is_sent_away(host: Hosting, path: str, token: bytes | None) -> None:
    answer = post(host, path, token=token, json=GOOD)

    assert answer.status_code == 401 and answer.json()["code"] == "bad_worker_token"
    assert host.below == []


def test_both_tokens_of_a_rotation_are_valid(host: Hosting) -> None:
    for token in (WORKER_TOKEN, "trace_wkr_the-next-one"):
        assert post(host, "/containers/states", token=token, json={"handles": []}).json() == {"states": []}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\x00", b"null", b"[]", b"{}", b'{"task_id": "../../etc", "token": "t"}', b'{"task_id": 1, "token": "t"}',
     f'{{"task_id": "{TASK}", "token": ""}}'.encode(), f'{{"task_id": "{TASK}", "token": "t", "command": "sh"}}'.encode()],
)  # fmt: skip
def test_a_body_that_is_not_the_calls_is_refused_by_field(host: Hosting, body: bytes) -> None:
    answer = post(host, "/containers", content=body)

    assert answer.status_code == 400 and answer.json()["code"] == "bad_request"
    assert host.below == []


def test_more_handles_than_a_call_may_ask_for_are_refused(host: Hosting) -> None:
    assert post(host, "/containers/states", json={"handles": ["h"] * (MOST_HANDLES + 1)}).status_code == 400


@pytest.mark.parametrize("length", ["", "-1", "x", "1e3", str(MOST_BODY_BYTES + 1), "9" * 40])
def test_a_body_without_a_sensible_length_is_not_read(host: Hosting, length: str) -> None:
    request = f"POST /containers HTTP/1.1\r\nHost: x\r\n{WORKER_TOKEN_HEADER}: {WORKER_TOKEN}\r\nContent-Length: {length}\r\n\r\n"

    assert b" 400 " in raw(host, request.encode()).split(b"\r\n")[0]


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"\x00" * 70_000 + b"\r\n\r\n"]
)
def test_garbage_is_answered_and_the_host_goes_on(host: Hosting, garbage: bytes) -> None:
    raw(host, garbage + b"\r\n\r\n")

    assert post(host, "/containers/states", json={"handles": []}).status_code == 200


def test_a_call_that_there_is_not_is_404(host: Hosting) -> None:
    assert post(host, "/containers/../etc", json={}).status_code == 404


def raw(host: Hosting, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", host.port), timeout=15) as connection:
        try:
            connection.sendall(request)
            return connection.recv(65_536)
        except ConnectionError:
            return b""
