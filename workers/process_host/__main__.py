"""`python -m workers.process_host`"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence

import httpx
import structlog

from apps.platform import telemetry
from apps.platform.config import Config
from apps.platform.errors import ConfigError
from apps.platform.ops import serve_ops
from workers.child import limits
from workers.platform_worker.orphans import Orphans
from workers.process_host.host import COMMAND, Host
from workers.process_host.serving import Server

log = structlog.get_logger("trace.process_host")


def main() -> int:
    try:
        config = Config.from_env()
        config.require("worker_tokens", "internal_url", "process_host_port")
        return run(config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2


def run(config: Config, *, command: Sequence[str] = COMMAND) -> int:
    telemetry.configure_logging(config)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    limits.adopt_orphans()
    grace = config.process_host_grace_seconds
    host = Host(most=config.process_host_most, grace_seconds=grace, orphans=Orphans(), command=command)
    server = Server(config.process_host_port, host, config.worker_tokens)
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    serve_ops(config, {"internal": lambda: _check_internal_plane(config.internal_url)})
    log.info("process_host_started", port=server.server_port, most=config.process_host_most)
    stop.wait()
    host.close()
    log.info("process_host_stopped")
    return 0


def _check_internal_plane(url: str) -> None:
    httpx.get(f"{url}/healthz", timeout=2, trust_env=False).raise_for_status()


if __name__ == "__main__":
    sys.exit(main())
