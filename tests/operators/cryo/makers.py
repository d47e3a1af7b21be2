"""Ranges fetched from a node, and a relay between the two that answers otherwise."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from operators.cryo_ingest.config import CryoIngestConfig
from operators.cryo_ingest.operator import Choosing, CryoIngest, best_engine
from operators.sdk.json_rpc import direct
from operators.sdk.rpc import Rpc
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Recording
from tests.fixtures.chain import Node

Task = Recording[CryoIngestConfig]


def asked_for(rpc: Rpc, dataset: str, *ranges: Range, chunk_size: int = 7, **config: Any) -> Task:
    made = CryoIngestConfig.model_validate(
        {"chain_id": rpc.chain_id, "rpc_pool": "archive", "cryo_dataset_name": dataset, "chunk_size": chunk_size} | config
    )
    return Recording(made, arrived=[Arrived(0, Event(0, range=one)) for one in ranges], chains={"archive": rpc})


def fetched(rpc: Rpc, dataset: str, *ranges: Range, choose: Choosing = best_engine, chunk_size: int = 7, **config: Any) -> Task:
    task = asked_for(rpc, dataset, *ranges, chunk_size=chunk_size, **config)
    CryoIngest(choose).run(task)
    return task


# What is done with an answer before it is passed on: (method, params, result) → result. Raises to answer otherwise.
Lying = Callable[[str, Sequence[Any], Any], Any]


class Otherwise(Exception):
    """Answered in place of what the node said: a status with a body, or an error of JSON-RPC."""

    def __init__(self, *, status: int = 200, body: str = "", error: dict[str, Any] | None = None) -> None:
        super().__init__(body)
        self.status, self.body, self.error = status, body, error


@contextmanager
def relay(node: Node, lie: Lying, *, other: Node | None = None, flaps: bool = False) -> Iterator[Rpc]:
    """`flaps`: every second request goes to the other node."""
    count = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            nonlocal count
            count += 1
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            to = other if other and (not flaps or count % 2) else node
            status, body = self._answer(asked, to.url)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _answer(self, asked: Any, url: str) -> tuple[int, bytes]:
            request = urllib.request.Request(url, json.dumps(asked).encode(), {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                said = json.loads(answer.read())
            try:
                if not isinstance(said, list):
                    return 200, json.dumps(_lied(asked, said, lie)).encode()
                by_id = {one["id"]: one for one in said}
                return 200, json.dumps([_lied(one, by_id[one["id"]], lie) for one in asked]).encode()
            except Otherwise as otherwise:
                return otherwise.status, otherwise.body.encode()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name of its base
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    rpc = direct(f"http://127.0.0.1:{server.server_port}", chain_id=node.chain_id)
    try:
        yield rpc
    finally:
        rpc.close()
        server.shutdown()
        thread.join()
        server.server_close()


def _lied(asked: dict[str, Any], said: dict[str, Any], lie: Lying) -> dict[str, Any]:
    try:
        return {**said, "result": lie(asked["method"], asked.get("params", []), said["result"])} if "result" in said else said
    except Otherwise as otherwise:
        if otherwise.error is None:
            raise
        return {"jsonrpc": "2.0", "id": said["id"], "error": otherwise.error}
