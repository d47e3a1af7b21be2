"""`python -m workers.task_process TASK_ID`: claims that one task and runs it as a worker would.

Ends with 0 when there is nothing more to do, with 75 when it should be started again.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from dataclasses import replace
from uuid import UUID

import structlog

from apps.platform import telemetry, tracing
from apps.platform.config import Config
from apps.platform.contracts import EXIT_AGAIN, EXIT_DONE, Claimed, Ending, NotClaimed, WhyNot
from apps.platform.errors import ConfigError, ServiceError
from apps.platform.ops import serve_ops
from workers.child import limits
from workers.platform_worker.attempt import Attempt
from workers.platform_worker.crashes import end_with_any_thread
from workers.platform_worker.crew import Crew
from workers.platform_worker.internal_plane import InternalPlane
from workers.platform_worker.orphans import Orphans

log = structlog.get_logger("trace.worker")

# Somebody else holds it, and may die.
_PASSES = frozenset({WhyNot.ALREADY_RUNNING})


def main(arguments: list[str]) -> int:
    try:
        config = Config.from_env()
        config.require("worker_tokens", "internal_url")
        (task_id,) = map(UUID, arguments)
        return run(replace(config, worker_slots=1), task_id)
    except ConfigError as error:
        print(error, file=sys.stderr)
    except ValueError:
        print("Say which task: python -m workers.task_process TASK_ID", file=sys.stderr)
    return 2


def run(config: Config, task_id: UUID) -> int:
    telemetry.configure_logging(config)
    tracing.start_worker(config, service="task")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    limits.adopt_orphans()
    end_with_any_thread()
    with InternalPlane(config, worker_id=config.worker_id or f"{socket.gethostname()}-{os.getpid()}") as plane:
        serve_ops(config, {"internal": plane.check})
        try:
            (result,) = plane.claim([task_id])
        except ServiceError as error:
            log.warning("not_claimed", error=str(error))
            return EXIT_AGAIN
        if isinstance(result, NotClaimed):
            log.info("not_claimed", reason=result.reason)
            return EXIT_AGAIN if result.reason in _PASSES else EXIT_DONE
        return _work(config, plane, result, stop)


def _work(config: Config, plane: InternalPlane, claimed: Claimed, stop: threading.Event) -> int:
    endings: list[Ending | None] = []

    def closed(attempt: Attempt, ending: Ending | None) -> None:
        endings.append(ending)
        stop.set()

    crew = Crew(config, None, plane, Orphans(), closed=closed)
    crew.start()
    crew.pace.hold(1)
    crew.accept([Attempt(claimed, None)])
    stop.wait()
    crew.drain(seconds=0)
    return EXIT_DONE if endings and endings[0] in {Ending.COMPLETED, Ending.FAILED, Ending.CANCELED} else EXIT_AGAIN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
