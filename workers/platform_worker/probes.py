"""Messages of probes: come back and say that you got here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from apps.platform import metrics
from apps.platform.contracts import ProbeMessage
from apps.platform.errors import Permanent, Transient
from apps.platform.ports.queue import Message
from workers.platform_worker.receiver import Done

log = structlog.get_logger("trace.worker")

BATCH = 10


class ProbeHandler:
    def __init__(self, report: Callable[[str], None], is_stopping: Callable[[], bool] = lambda: False) -> None:
        self._report, self._is_stopping = report, is_stopping

    def room(self, *, wait_seconds: float) -> int:
        return BATCH

    def handle(self, messages: Sequence[Message]) -> Done:
        """What is left when the plane goes away, or at a stop, was not begun."""
        for at, message in enumerate(messages):
            if self._is_stopping() or not self._try(message):
                return Done(messages[:at], messages[at:])
        return Done(messages, [])

    def _try(self, message: Message) -> bool:
        outcome = "done"
        try:
            self._report(ProbeMessage.parse(message.payload).probe_id)
        except Transient as error:
            log.warning("probe_not_reported", error=str(error))
            outcome = "later"
        except (ValueError, Permanent) as error:
            log.warning("probe_dropped", error=str(error))
            outcome = "dropped"
        metrics.WORKER_MESSAGES.labels(message.queue, outcome).inc()
        return outcome != "later"
