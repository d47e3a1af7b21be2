"""Receive, handle, acknowledge. A message that was not acknowledged comes back; one that never can be handled is dropped."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta

import structlog

from apps.platform import metrics
from apps.platform.contracts import PROBE_QUEUE, ProbeMessage
from apps.platform.errors import Permanent, ServiceError, Transient
from apps.platform.heartbeat import Heartbeat
from apps.platform.ports.queue import ZERO, Message, Queue
from workers.platform_worker.internal_plane import InternalPlane

log = structlog.get_logger("trace.worker")

VISIBILITY = timedelta(seconds=30)
# A stop waits this long for a quiet queue. What arrives wakes the wait at once, so longer would be no faster.
WAIT = timedelta(seconds=1)
BATCH = 10
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 30.0


class WorkerLoop:
    def __init__(self, queue: Queue, plane: InternalPlane) -> None:
        self._queue = queue
        self._plane = plane
        self._pause = PAUSE_SECONDS
        self.heartbeat = Heartbeat()

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self.heartbeat.beat()
            # What is received while the plane is away could not be reported, and would use up a delivery.
            if not self._plane.answers():
                self._rest(stop)
                continue
            self._work_until_something_is_away(stop)

    def check_queue(self) -> None:
        self._queue.depth(PROBE_QUEUE)

    def _work_until_something_is_away(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self.heartbeat.beat()
            try:
                messages = self._queue.receive(PROBE_QUEUE, limit=BATCH, visibility=VISIBILITY, wait=WAIT)
            except ServiceError as error:
                log.warning("queue_unreachable", error=str(error))
                self._rest(stop)
                return
            if not self._handle_all(messages, stop):
                self._rest(stop)
                return
            if messages:
                self._pause = PAUSE_SECONDS

    def _rest(self, stop: threading.Event) -> None:
        stop.wait(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)

    def _handle_all(self, messages: Sequence[Message], stop: threading.Event) -> bool:
        """False when the plane is away: the messages that are left go back to the queue, as they do at a stop."""
        for at, message in enumerate(messages):
            if stop.is_set() or not self._handle(message):
                self._hand_back(messages[at:])
                return stop.is_set()
        return True

    def _handle(self, message: Message) -> bool:
        try:
            self._plane.report_probe(ProbeMessage.parse(message.payload).probe_id)
        except Transient as error:
            log.warning("probe_not_reported", error=str(error))
            metrics.WORKER_MESSAGES.labels(message.queue, "later").inc()
            return False
        except (ValueError, Permanent) as error:
            log.warning("probe_dropped", error=str(error))
            metrics.WORKER_MESSAGES.labels(message.queue, "dropped").inc()
        else:
            metrics.WORKER_MESSAGES.labels(message.queue, "done").inc()
        self._acknowledge(message)
        return True

    def _hand_back(self, messages: Sequence[Message]) -> None:
        try:
            for message in messages:
                self._queue.extend(message, visibility=ZERO)
        except ServiceError as error:
            log.warning("not_handed_back", error=str(error))  # they come back when their visibility ends

    def _acknowledge(self, message: Message) -> None:
        try:
            self._queue.ack([message])
        except ServiceError as error:
            log.warning("not_acknowledged", error=str(error))  # it comes back, and its receipt counts once
