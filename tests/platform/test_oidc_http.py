"""A provider that sends too much, or for ever, holds nobody up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from apps.platform.oidc import http
from apps.platform.oidc.errors import ProviderBroken, ProviderUnreachable


class _Endless(BaseHTTPRequestHandler):
    """`/flood` as fast as it can, `/headers` and `/drip` a byte at a time, of headers or of a body; all until nobody listens any more."""

    def do_GET(self) -> None:
        with suppress(OSError):
            if self.path == "/headers":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
            else:
                self.send_response(200)
                self.end_headers()
            while not self.server.is_over.wait(0 if self.path == "/flood" else 0.02):  # type: ignore[attr-defined]
                self.wfile.write(b" " * (65_536 if self.path == "/flood" else 1))

    def log_message(self, *_: object) -> None:
        """Not into the test's output."""


@pytest.fixture
def endless() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endless)
    server.is_over = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.is_over.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


def test_more_than_is_read_is_a_fault_of_the_provider(endless: str) -> None:
    with pytest.raises(ProviderBroken, match="more than 1000000 bytes"):
        http.get_json(f"{endless}/flood")


@pytest.mark.parametrize("of", ["drip", "headers"])
def test_a_drip_ends(endless: str, of: str) -> None:
    with pytest.raises(ProviderUnreachable, match="takes too long"):
        http.get_json(f"{endless}/{of}", total_seconds=0.2)


@pytest.mark.parametrize("url", ["http://127.0.0.1:port/", "http://exa\nmple/"])
def test_what_is_no_address_is_a_fault_of_the_provider(url: str) -> None:
    with pytest.raises(ProviderBroken):
        http.get_json(url)


def test_a_caller_with_an_event_loop_of_its_own_is_answered_too(endless: str) -> None:
    async def calling() -> None:
        http.get_json(f"{endless}/flood")

    # Playwright may have its own in the thread of the tests.
    with pytest.raises(ProviderBroken, match="more than"), ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(calling())).result()
