"""The heartbeat of this process, and the dispatcher's part of it: a timer in the loop that takes the tasks."""

from __future__ import annotations

from typing import Any

from celery import bootsteps

from apps.platform.heartbeat import Heartbeat

HEARTBEAT = Heartbeat()
_EVERY_SECONDS = 10.0


class ConsumerHeartbeat(bootsteps.StartStopStep):
    """Started with each connection to the broker and stopped when it is lost: the wait for a broker is not a loop that is stuck."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    heartbeat = HEARTBEAT

    def start(self, parent: Any) -> None:
        self.heartbeat.beat()
        self._timer = parent.timer.call_repeatedly(_EVERY_SECONDS, self.heartbeat.beat)

    def stop(self, parent: Any) -> None:
        self._timer.cancel()
        self.heartbeat.rest()
