"""A site with a feed, over real HTTP, and what sites do."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FeedSite:
    """`paths`: what it answers. `seen`: headers that came, by path."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.seen: dict[str, Mapping[str, str]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                site.seen[path] = dict(self.headers.items())
                getattr(site, f"_{path.strip('/').replace('-', '_')}", site._nothing)(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _say(self, handler: Any, status: int, body: bytes, **headers: str) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Content-Type": "application/json"}.items():
            if name.replace("-", "_") not in headers:
                handler.send_header(name, value)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    def _good(self, handler: Any) -> None:
        self._say(handler, 200, b'[{"symbol": "ETH"}]', Set_Cookie="a=b", X_Internal="yes")

    def _nothing(self, handler: Any) -> None:
        self._say(handler, 404, b"no")

    def _limited(self, handler: Any) -> None:
        self._say(handler, 429, b"", Retry_After="7")

    def _moved(self, handler: Any) -> None:
        self._say(handler, 302, b"", Location="http://169.254.169.254/latest/meta-data/")

    def _large(self, handler: Any) -> None:
        self._say(handler, 200, b"x" * 100_000)

    def _packed(self, handler: Any) -> None:
        self._say(handler, 200, b"\x1f\x8b", Content_Encoding="gzip")

    def _stuck(self, handler: Any) -> None:
        time.sleep(3)

    def _trickles(self, handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"[")
        handler.wfile.flush()
        time.sleep(3)

    def _endless(self, handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
        except OSError:
            handler.close_connection = True

    def _cut(self, handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "5000")
        handler.end_headers()
        handler.wfile.write(b'[{"symbol":')
        handler.close_connection = True
