"""A beacon node over real HTTP, as far as the gateway sees one: there is none that runs here."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class BeaconNode:
    """`fault`: what it does to the next answers beside those about itself."""

    def __init__(self, *, key: str) -> None:
        self.key, self.chain_id, self.fault = key, "1", ""
        self.asked: list[str] = []
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                split = urlsplit(self.path)
                path = split.path.removeprefix(f"/{node.key}")
                node.asked.append(path)
                known = node.about_itself(path)
                if known is None and node.fault and not (node.fault == "break long" and "debug" not in path):
                    node.misbehave(self)
                    return
                self.say(
                    200, known or node.answer(path, dict(parse_qsl(split.query)), self.body())
                ) if "99999999" not in path else self.say(
                    404, {"code": 404, "message": f"NOT_FOUND: beacon block at /{node.key}"}
                )

            do_POST = do_GET  # noqa: N815  the base class names it

            def body(self) -> Any:
                length = int(self.headers.get("Content-Length") or 0)
                return json.loads(self.rfile.read(length)) if length else None

            def say(self, status: int, said: Any) -> None:
                text = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{self.key}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def about_itself(self, path: str) -> Any:
        return {
            "/eth/v1/config/spec": {"data": {"DEPOSIT_CHAIN_ID": self.chain_id}},
            "/eth/v1/node/version": {"data": {"version": "Fake/v1.0"}},
            "/eth/v1/node/syncing": {"data": {"head_slot": "6400", "sync_distance": "0", "is_syncing": False}},
            "/eth/v1/beacon/headers/head": {"data": {"root": "0xaa"}},
            "/eth/v1/beacon/states/head/finality_checkpoints": {"data": {"finalized": {"epoch": "198", "root": "0xbb"}}},
        }.get(path)

    def answer(self, path: str, query: dict[str, str], body: Any) -> Any:
        if path.startswith("/eth/v2/debug"):
            return {"data": [{"validator": f"0x{number:096x}"} for number in range(40_000)]}
        return {"data": {"path": path, "query": query} | ({"body": body} if body is not None else {})}

    def misbehave(self, handler: BaseHTTPRequestHandler) -> None:
        match self.fault:
            case "500" | "429":
                handler.send_response(int(self.fault))
                handler.send_header("Content-Length", "0")
                handler.end_headers()
            case "text":
                handler.send_response(200)
                handler.send_header("Content-Length", "5")
                handler.end_headers()
                handler.wfile.write(b"<htm>")
            case "close":
                handler.close_connection = True
                handler.connection.close()
            case "stuck":
                time.sleep(5)
            case "break long":
                handler.send_response(200)
                handler.send_header("Content-Type", "application/json")
                handler.send_header("Content-Length", "8000000")
                handler.end_headers()
                handler.wfile.write(b'{"data":["' + b"x" * 3_000_000)
                handler.close_connection = True
