"""Receive from one queue, hand over, acknowledge. A message that was not acknowledged comes back."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol

import structlog

from apps.platform.errors import ServiceError
from apps.platform.heartbeat import Heartbeat
from apps.platform.ports.queue import ZERO, Message, Queue

log = structlog.get_logger("trace.worker")

VISIBILITY = timedelta(seconds=120)
# A stop waits this long for a quiet queue. What arrives wakes the wait at once, so longer would be no faster.
WAIT = timedelta(seconds=1)
MOST = 500
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 30.0


class Done(NamedTuple):
    """What is acknowledged, and what goes back to the queue because the plane is away. The rest somebody else answers for."""

    over: Sequence[Message]
    later: Sequence[Message]


class Handler(Protocol):
    def room(self, *, wait_seconds: float) -> int:
        """How many messages can be handled soon; waits so long for the first."""

    def handle(self, messages: Sequence[Message]) -> Done: ...


class Plane(Protocol):
    def answers(self) -> bool: ...


class Receiver:
    def __init__(self, queue: Queue, name: str, handler: Handler, plane: Plane) -> None:
        self.name = name
        self._queue, self._handler, self._plane = queue, handler, plane
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
        self.heartbeat.rest()

    def check_queue(self) -> None:
        self._queue.depth(self.name)

    def _work_until_something_is_away(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self.heartbeat.beat()
            room = self._handler.room(wait_seconds=WAIT.total_seconds())
            if room == 0:
                continue
            try:
                messages = self._queue.receive(self.name, limit=min(room, MOST), visibility=VISIBILITY, wait=WAIT)
            except ServiceError as error:
                log.warning("queue_unreachable", queue=self.name, error=str(error))
                self._rest(stop)
                return
            if not messages:
                continue
            if not self._handle(messages, stop):
                self._rest(stop)
                return
            self._pause = PAUSE_SECONDS

    def _rest(self, stop: threading.Event) -> None:
        stop.wait(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)

    def _handle(self, messages: Sequence[Message], stop: threading.Event) -> bool:
        """False when the plane is away: the messages that are left go back to the queue, as they do at a stop."""
        done = Done([], messages) if stop.is_set() else self._handler.handle(messages)
        self._acknowledge(done.over)
        self._hand_back(done.later)
        return not done.later or stop.is_set()

    def _hand_back(self, messages: Sequence[Message]) -> None:
        try:
            for message in messages:
                self._queue.extend(message, visibility=ZERO)
        except ServiceError as error:
            log.warning("not_handed_back", error=str(error))  # they come back when their visibility ends

    def _acknowledge(self, messages: Sequence[Message]) -> None:
        try:
            self._queue.ack(messages)
        except ServiceError as error:
            log.warning("not_acknowledged", error=str(error))  # they come back, and count once
