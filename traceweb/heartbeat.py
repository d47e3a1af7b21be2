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
    _timer: Any = None

    def start(self, parent: Any) -> None:
        self.heartbeat.beat()
        self._timer = parent.timer.call_repeatedly(_EVERY_SECONDS, self.heartbeat.beat)

    def stop(self, parent: Any) -> None:
        if self._timer:  # not when the connection was lost before this step had its turn
            self._timer.cancel()
        self.heartbeat.rest()
