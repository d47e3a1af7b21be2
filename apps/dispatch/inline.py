"""The runtime `dispatcher`: trusted control operators, run where the loops run. They are quick, or they belong elsewhere."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Mapping, Sequence
from pkgutil import resolve_name
from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from pydantic import ValidationError

from apps.dispatch import services
from apps.dispatch.services import Given, Said
from apps.dispatch.services.fences import Canceled, StaleFence
from apps.platform.contracts import (
    LONGEST_LINE,
    MOST_LINES,
    ArrivedEvent,
    Completion,
    Ending,
    FiredBy,
    LogBatch,
    LogLine,
    ReportedEvent,
    StateWrite,
    TaskError,
    TaskOrder,
)
from apps.platform.errors import UserError
from apps.platform.slices import slices
from operators.sdk.catalogue import catalogue
from operators.sdk.config import Config
from operators.sdk.errors import ConfigurationError, OperatorError
from operators.sdk.task import Arrived, Event, Fired, Range, Request

WORKER_ID = "dispatcher"
# A dispatcher that dies leaves no more than these to their leases.
_CLAIMED_AT_ONCE = 20
Level = Literal["debug", "info", "warning", "error"]


def run(task_ids: Sequence[UUID]) -> None:
    """Claim, run, complete. One that is claimed already, or canceled, is somebody else's matter."""
    for some in slices(task_ids, _CLAIMED_AT_ONCE):
        given, _ = services.give(some, worker_id=WORKER_ID)
        for one in given:
            _do(one)


def _do(given: Given) -> None:
    """Each by itself: what one says that cannot be kept is no other's trouble, and is told where people look. Raised from here,
    it would be tried again with a task that runs already, and that nobody ends before its lease does.
    """
    try:
        (answer,) = services.complete([Said(_attempt(given), given.capability)])
    except Exception as error:  # noqa: BLE001  see above
        services.fail_claimed(given.lease, _told(error))
        return
    if isinstance(answer, UserError) and not isinstance(answer, (StaleFence, Canceled)):
        services.fail_claimed(given.lease, TaskError(type=answer.code, message=answer.message, retryable=False))


def _attempt(given: Given) -> Completion:
    lease = given.lease
    fence = {"task_id": lease.id, "attempt": lease.attempt, "lease_token": lease.lease_token}
    task = InlineTask(given.order, lease.attempt)
    try:
        resolve_name(catalogue().operators[given.order.operator].implementation)().run(task)
        ending = Completion(**fence, status=Ending.COMPLETED, events=task.events, state=task.written, metrics=task.metrics)
    except Exception as error:  # noqa: BLE001  whatever an operator raises, or says that cannot be said, is its task's failure
        ending = Completion(**fence, status=Ending.FAILED, error=_told(error))
    if task.log.lines:
        services.append(LogBatch(**fence, first_line=0, lines=task.log.lines[:MOST_LINES]))
    return ending


def _told(error: Exception) -> TaskError:
    is_final = isinstance(error, (OperatorError, ValidationError))
    kind = error.code if isinstance(error, OperatorError) else type(error).__name__
    stack = "" if is_final else "".join(traceback.format_exception(error))[-32_000:]
    return TaskError(type=kind, message=str(error)[:8_000] or kind, stack=stack, retryable=not is_final)


class _Lines:
    """The operator's log, kept until it is done."""

    def __init__(self) -> None:
        self.lines: list[LogLine] = []

    def debug(self, text: str, **values: object) -> None:
        self._write("debug", text, values)

    def info(self, text: str, **values: object) -> None:
        self._write("info", text, values)

    def warning(self, text: str, **values: object) -> None:
        self._write("warning", text, values)

    def error(self, text: str, **values: object) -> None:
        self._write("error", text, values)

    def _write(self, level: Level, text: str, values: Mapping[str, object]) -> None:
        said = " ".join([text, *(f"{name}={value}" for name, value in values.items())])
        self.lines.append(LogLine(at=timezone.now(), level=level, text=said[:LONGEST_LINE]))


class InlineTask:
    """A `TaskContext` of this process."""

    def __init__(self, order: TaskOrder, attempt: int) -> None:
        self.attempt = attempt
        self.log = _Lines()
        self.metrics: dict[str, float | int] = {}
        self._outputs = {slot.output: slot for slot in order.outputs}
        self._state = order.state
        self.config: Config = catalogue().operators[order.operator].config.model_validate(order.config)
        self.arrived = [_arrived(one) for one in order.arrived]
        self.fired = _fired(order.fired) if order.fired else None
        self.events: list[ReportedEvent] = []
        self.written: StateWrite | None = None

    @property
    def state(self) -> InlineTask:
        return self

    def get(self) -> Any:
        return self._state.value

    def set(self, value: Any) -> None:
        self.written = StateWrite(revision=self._state.revision, value=value)

    @property
    def cancelled(self) -> bool:
        """Over before anybody could ask."""
        return False

    def metric(self, name: str, value: float) -> None:
        self.metrics[name] = value

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Nobody looks at something so short."""

    def flush(self) -> None:
        raise ConfigurationError("Nothing is sent midway from the dispatcher: what lasts belongs in the runtime ecs_platform.")

    def wait(self, seconds: float) -> None:
        raise ConfigurationError("Nothing waits in the dispatcher: what lasts belongs in the runtime ecs_platform.")

    def emit(self, event: Event) -> None:
        slot = self._outputs[event.output]
        self.events.append(ReportedEvent(
            dataset_uuid=slot.dataset_uuid, dataset_version=slot.dataset_version, cursor=event.cursor,
            start=event.range.start if event.range else None, end=event.range.end if event.range else None,
            partition_key=event.partition_key,
            data=dict(event.data) if event.data is not None else None,
        ))  # fmt: skip


def _arrived(one: ArrivedEvent) -> Arrived:
    seen = one.event
    scope = Range(seen.start, seen.end) if seen.start is not None and seen.end is not None else None
    return Arrived(
        one.input, Event(seen.output, cursor=seen.cursor, range=scope, data=seen.data, partition_key=seen.partition_key)
    )


def _fired(by: FiredBy) -> Fired:
    scope = Range(by.start, by.end) if by.start is not None and by.end is not None else None
    request = Request(by.request.id, base64.b64decode(by.request.body)) if by.request else None
    return Fired(by.at, range=scope, request=request)
