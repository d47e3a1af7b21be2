"""Messages of tasks: claim them all at once, run what was given, drop what is harmless to drop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import structlog

from apps.platform import metrics
from apps.platform.contracts import Claimed, TaskMessage
from apps.platform.errors import ServiceError
from apps.platform.ports.queue import Message
from workers.platform_worker.attempt import Attempt
from workers.platform_worker.internal_plane import InternalPlane
from workers.platform_worker.pace import Pace
from workers.platform_worker.receiver import Done

log = structlog.get_logger("trace.worker")

# More of them would wait for an answer: nothing new is begun before the platform knows of the old.
MOST_UNTOLD = 2_000


class TaskHandler:
    """`accept` takes what was claimed; `untold` counts ends that the platform does not know of yet."""

    def __init__(
        self, plane: InternalPlane, pace: Pace, accept: Callable[[Sequence[Attempt]], None], untold: Callable[[], int]
    ) -> None:
        self._plane, self._pace, self._accept, self._untold = plane, pace, accept, untold

    def room(self, *, wait_seconds: float) -> int:
        room = self._pace.room(wait_seconds=wait_seconds)
        return 0 if self._untold() >= MOST_UNTOLD else room

    def handle(self, messages: Sequence[Message]) -> Done:
        # The first wake-up of each task: it is asked for once, and the plane answers once.
        wanted: dict[UUID, Message] = {}
        over: list[Message] = []
        for message in messages:
            try:
                task_id = TaskMessage.parse(message.payload).task_id
            except ValueError as error:
                log.warning("message_dropped", queue=message.queue, error=str(error))
                metrics.WORKER_MESSAGES.labels(message.queue, "dropped").inc()
                over.append(message)
                continue
            if wanted.setdefault(task_id, message) is not message:
                over.append(message)
        try:
            over += self._claim(wanted) if wanted else []
        except ServiceError as error:
            # Also a refusal: it is of the call, and nothing was decided about any task.
            log.warning("not_claimed", error=str(error))
            return Done(over, list(wanted.values()))
        return Done(over, [])

    def _claim(self, wanted: Mapping[UUID, Message]) -> list[Message]:
        """Returns the messages of what was not given: somebody has it, or nobody will."""
        with metrics.WORKER_CLAIM_SECONDS.time():
            results = self._plane.claim(list(wanted))
        attempts: list[Attempt] = []
        over: list[Message] = []
        for message, result in zip(wanted.values(), results, strict=True):
            if isinstance(result, Claimed):
                attempts.append(Attempt(result, message))
            else:
                log.debug("not_claimed", task_id=str(result.task_id), reason=result.reason)
                over.append(message)
        queue = next(iter(wanted.values())).queue
        metrics.WORKER_MESSAGES.labels(queue, "claimed").inc(len(attempts))
        metrics.WORKER_MESSAGES.labels(queue, "over").inc(len(over))
        self._pace.hold(len(attempts))
        self._accept(attempts)
        return over
