"""Health and metrics of a process that has no HTTP of its own: `/healthz`, `/readyz`, `/metrics` on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from apps.platform import metrics
from apps.platform.config import Config
from apps.platform.errors import ConfigError
from apps.platform.heartbeat import Heartbeat

Check = Callable[[], object]


def serve_ops(config: Config, checks: Mapping[str, Check], heartbeat: Heartbeat | None = None) -> ThreadingHTTPServer | None:
    """Start the server in a thread; a check that raises makes the process unready, a missing heartbeat unhealthy. None when off."""
    if not config.ops_port:
        return None

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path:
                case "/healthz":
                    stuck = failures({"loop": heartbeat.check}) if heartbeat else {}
                    self._answer(503 if stuck else 200, "text/plain", f"{stuck.get('loop', 'ok')}\n".encode())
                case "/readyz":
                    failed = failures(checks)
                    body = json.dumps({"ready": not failed, "failed": failed}).encode()
                    self._answer(503 if failed else 200, "application/json", body)
                case "/metrics":
                    body = metrics.render(multiprocess_dir=config.metrics_dir)
                    self._answer(200, "text/plain; version=0.0.4; charset=utf-8", body)
                case _:
                    self._answer(404, "text/plain", b"not found\n")

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
            """Silent: a probe every second is not news."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", config.ops_port), Handler)
    except OSError as error:
        raise ConfigError([f"TRACE_OPS_PORT: 127.0.0.1:{config.ops_port} cannot be listened on: {error.strerror}."]) from error
    threading.Thread(target=server.serve_forever, name="ops", daemon=True).start()
    return server


def failures(checks: Mapping[str, Check]) -> dict[str, str]:
    """Which checks fail, each with the first line of why."""
    failed = {}
    for name, check in checks.items():
        try:
            check()
        except Exception as error:  # noqa: BLE001  any fault means not ready
            failed[name] = (str(error).splitlines() or [type(error).__name__])[0]
    return failed
