"""Receive, handle, acknowledge. A message that was not acknowledged comes back; one that never can be handled is dropped."""

from __future__ import annotations

import threading
from datetime import timedelta

import structlog

from apps.platform import metrics
from apps.platform.contracts import PROBE_QUEUE, ProbeMessage
from apps.platform.errors import Permanent, ServiceError, Transient
from apps.platform.ports.queue import Message, Queue
from workers.platform_worker.internal_plane import InternalPlane

log = structlog.get_logger("trace.worker")

VISIBILITY = timedelta(seconds=30)
# A stop waits this long for a quiet queue. What arrives wakes the wait at once, so longer would be no faster.
WAIT = timedelta(seconds=1)
BATCH = 10
PAUSE_SECONDS = 1.0


class WorkerLoop:
    def __init__(self, queue: Queue, plane: InternalPlane) -> None:
        self._queue = queue
        self._plane = plane

    def run(self, stop: threading.Event) -> None:
        self._wait_for_plane(stop)
        while not stop.is_set():
            try:
                messages = self._queue.receive(PROBE_QUEUE, limit=BATCH, visibility=VISIBILITY, wait=WAIT)
            except ServiceError as error:
                log.warning("queue_unreachable", error=str(error))
                stop.wait(PAUSE_SECONDS)
                continue
            for message in messages:
                self._handle(message)

    def check_queue(self) -> None:
        self._queue.depth(PROBE_QUEUE)

    def _wait_for_plane(self, stop: threading.Event) -> None:
        """What is received now could not be reported, and would use up a delivery."""
        while not stop.is_set() and not self._plane.answers():
            stop.wait(PAUSE_SECONDS / 4)

    def _handle(self, message: Message) -> None:
        try:
            self._plane.report_probe(ProbeMessage.parse(message.payload).probe_id)
        except Transient as error:
            # Not acknowledged: it comes back when its visibility ends.
            log.warning("probe_not_reported", error=str(error))
            outcome = "later"
        except (ValueError, Permanent) as error:
            log.warning("probe_dropped", error=str(error))
            outcome = "dropped"
        else:
            outcome = "done"
        metrics.WORKER_MESSAGES.labels(message.queue, outcome).inc()
        if outcome != "later":
            self._acknowledge(message)

    def _acknowledge(self, message: Message) -> None:
        try:
            self._queue.ack([message])
        except ServiceError as error:
            log.warning("not_acknowledged", error=str(error))  # it comes back, and its receipt counts once
