"""With a collector configured, one probe is visible in the traces of every process it passes."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.journeys.stack import StackProcess, wait_until

pytestmark = pytest.mark.journey


class Collector:
    """Speaks OTLP over HTTP and remembers which service sent which spans."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, str, str]] = []
        self.paths: set[str] = set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.take(self.path, gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def take(self, path: str, body: bytes) -> None:
        self.paths.add(path)
        if path != "/v1/traces":
            return
        for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(a.value.string_value for a in sent.resource.attributes if a.key == "service.name")
            self.spans += [(service, span.name, span.trace_id.hex()) for scope in sent.scope_spans for span in scope.spans]

    def services(self) -> set[str]:
        return {service for service, _, _ in self.spans}


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.server.shutdown()
        collector.server.server_close()


def test_every_process_sends_its_traces(data_dir: Path) -> None:
    with collecting() as collector:
        stack = StackProcess(data_dir, TRACE_OTLP_ENDPOINT=collector.url).wait_ready()
        try:
            httpx.get(f"{stack.url}/sign-in").raise_for_status()
            expected = {"trace-web", "trace-internal", "trace-dispatcher", "trace-beat", "trace-worker"}
            wait_until(lambda: collector.services() >= expected, what=f"only {collector.services()} sent traces")
            wait_until(lambda: spans_two_processes(collector), what="no trace went from the worker to the internal plane")
        finally:
            stack.stop()

    assert any("sign-in" in name for service, name, _ in collector.spans if service == "trace-web")
    assert not [name for _, name, _ in collector.spans if "healthz" in name or "readyz" in name]


def spans_two_processes(collector: Collector) -> bool:
    of = {service: {t for s, _, t in collector.spans if s == service} for service in ("trace-worker", "trace-internal")}
    return bool(of["trace-worker"] & of["trace-internal"])
