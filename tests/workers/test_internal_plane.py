"""What a worker makes of the internal plane's answers: what may pass is tried again, what cannot is given up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import pytest

from apps.platform.config import Config
from apps.platform.errors import Permanent, Transient
from workers.platform_worker.internal_plane import Fenced, InternalPlane


class Plane:
    """Answers every POST with one status."""

    def __init__(self) -> None:
        plane = self
        self.status = 204
        self.body = b""

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(plane.status)
                self.send_header("Content-Length", str(len(plane.body)))
                self.end_headers()
                self.wfile.write(plane.body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def plane() -> Iterator[Plane]:
    plane = Plane()
    threading.Thread(target=plane.server.serve_forever, daemon=True).start()
    yield plane
    plane.server.shutdown()
    plane.server.server_close()


@pytest.fixture
def client(plane: Plane) -> Iterator[InternalPlane]:
    config = replace(Config(), internal_url=f"http://127.0.0.1:{plane.server.server_port}", worker_tokens=("trace_wkr_x",))
    with InternalPlane(config, worker_id="w-1") as client:
        yield client


def test_a_receipt_that_was_taken_is_silent(client: InternalPlane) -> None:
    assert client.report_probe("p-1") is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_what_may_pass_is_transient(client: InternalPlane, plane: Plane, status: int) -> None:
    plane.status = status

    with pytest.raises(Transient, match=str(status)):
        client.report_probe("p-1")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_loses_no_message(client: InternalPlane, plane: Plane, status: int) -> None:
    plane.status = status

    with pytest.raises(Transient, match="does not accept this worker's token"):
        client.report_probe("p-1")


@pytest.mark.parametrize("status", [400, 404, 422])
def test_what_is_wrong_with_the_message_is_permanent(client: InternalPlane, plane: Plane, status: int) -> None:
    plane.status = status

    with pytest.raises(Permanent, match=str(status)):
        client.report_probe("p-1")


def test_a_plane_that_is_not_there_is_transient(client: InternalPlane, plane: Plane) -> None:
    plane.server.server_close()

    with pytest.raises(Transient):
        client.report_probe("p-1")


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"results": []}', b'{"results": [{"status": "Maybe"}]}'])
def test_an_answer_that_is_not_the_contract_decides_nothing(client: InternalPlane, plane: Plane, answer: bytes) -> None:
    plane.status, plane.body = 200, answer

    with pytest.raises(Transient):
        client.claim([UUID(int=1)])
    with pytest.raises(Transient):
        client.complete(["{}"])


def test_a_stale_fence_is_told_apart_with_its_code(client: InternalPlane, plane: Plane) -> None:
    plane.status, plane.body = 409, b'{"code": "canceled"}'

    with pytest.raises(Fenced) as refused:
        client.report_events("{}", token="t")

    assert refused.value.code == "canceled"


def test_a_capability_that_is_refused_is_the_attempts_own_matter(client: InternalPlane, plane: Plane) -> None:
    plane.status = 401

    with pytest.raises(Permanent):
        client.write_lines("{}", token="t")
