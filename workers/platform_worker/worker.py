"""The worker as a whole: a receiver for every queue, and the crew that runs what they claim."""

from __future__ import annotations

import threading

from apps.platform.config import Config
from apps.platform.contracts import PROBE_QUEUE
from apps.platform.heartbeat import Heartbeat
from apps.platform.ports.queue import Queue
from workers.platform_worker.claims import TaskHandler
from workers.platform_worker.crew import Crew
from workers.platform_worker.internal_plane import InternalPlane
from workers.platform_worker.orphans import Orphans
from workers.platform_worker.probes import ProbeHandler
from workers.platform_worker.receiver import Handler, Receiver

# Of a stop, for a receive and a claim that are under way.
LAST_CLAIM_SECONDS = 3.0


class Worker(Heartbeat):
    """As a heartbeat it is the sum of its receivers': it hangs when one of them does."""

    def __init__(self, config: Config, queue: Queue, plane: InternalPlane) -> None:
        super().__init__()
        self._config = config
        self._stop = threading.Event()
        self._crew = crew = Crew(config, queue, plane, Orphans())
        tasks = TaskHandler(plane, crew.pace, crew.accept, lambda: crew.completer.waiting)
        probes = ProbeHandler(plane.report_probe, self._stop.is_set)
        self._receivers = [
            Receiver(queue, name, _handler(name, tasks, probes), plane) for name in dict.fromkeys(config.worker_queues)
        ]

    def check(self) -> None:
        for receiver in self._receivers:
            receiver.heartbeat.check()

    def check_queue(self) -> None:
        for receiver in self._receivers:
            receiver.check_queue()

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; returns when everything was told or handed back."""
        self._crew.start()
        threads = [
            threading.Thread(target=receiver.run, args=[self._stop], name=f"receiver-{receiver.name}", daemon=True)
            for receiver in self._receivers
        ]
        for thread in threads:
            thread.start()
        stop.wait()
        self._stop.set()
        self._crew.begin_nothing()
        for thread in threads:
            thread.join(timeout=LAST_CLAIM_SECONDS)
        self._crew.drain(seconds=self._config.worker_drain_seconds)


def _handler(name: str, tasks: TaskHandler, probes: ProbeHandler) -> Handler:
    return probes if name == PROBE_QUEUE else tasks
