"""`python -m workers.sink`"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

import structlog

from apps.platform import telemetry, tracing, wiring
from apps.platform.config import Config
from apps.platform.errors import ConfigError
from apps.platform.ops import serve_ops
from workers.platform_worker.crashes import end_with_any_thread
from workers.sink.plane import SinkPlane
from workers.sink.sink import Sink

log = structlog.get_logger("trace.sink")


def main() -> int:
    try:
        config = Config.from_env()
        config.require("worker_tokens", "internal_url", "data_dsn")
        return run(config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2


def run(config: Config) -> int:
    queue = wiring.queue(config)
    telemetry.configure_logging(config)
    tracing.start_worker(config, service="sink")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker_id = config.worker_id or f"{socket.gethostname()}-{os.getpid()}"
    with SinkPlane(config, worker_id=worker_id) as plane:
        end_with_any_thread()
        sink = Sink(config, queue, plane)
        serve_ops(config, {"internal": plane.check}, sink)
        log.info("sink_started", worker_id=worker_id)
        sink.run(stop)
    log.info("sink_stopped", worker_id=worker_id)
    return 0


if __name__ == "__main__":
    sys.exit(main())
