"""`python -m workers.platform_worker`"""

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
from workers.child import limits
from workers.platform_worker.crashes import end_with_any_thread
from workers.platform_worker.internal_plane import InternalPlane
from workers.platform_worker.worker import Worker

log = structlog.get_logger("trace.worker")


def main() -> int:
    try:
        config = Config.from_env()
        config.require("worker_tokens", "internal_url")
        return run(config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2


def run(config: Config) -> int:
    queue = wiring.queue(config)
    telemetry.configure_logging(config)
    tracing.start_worker(config, service="worker")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker_id = config.worker_id or f"{socket.gethostname()}-{os.getpid()}"
    with InternalPlane(config, worker_id=worker_id) as plane:
        limits.adopt_orphans()
        end_with_any_thread()
        worker = Worker(config, queue, plane)
        serve_ops(config, {"queue": worker.check_queue, "internal": plane.check}, worker)
        log.info("worker_started", worker_id=worker_id)
        worker.run(stop)
    log.info("worker_stopped", worker_id=worker_id)
    return 0


if __name__ == "__main__":
    sys.exit(main())
