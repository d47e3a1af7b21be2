"""The runtime `dispatcher`: trusted control operators, run where the loops run. They are quick, or they belong elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pkgutil import resolve_name
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.dispatch import services
from apps.dispatch.domain import DISPATCHER
from apps.dispatch.services import Given, Said
from apps.dispatch.services.fences import Canceled, StaleFence
from apps.platform.contracts import (
    LONGEST_LINE,
    MOST_LINES,
    Completion,
    Ending,
    LogBatch,
    LogLine,
    ReportedEvent,
    StateWrite,
    TaskError,
    TaskOrder,
)
from apps.platform.errors import UserError
from apps.platform.slices import slices
from operators.sdk import storable
from operators.sdk.catalogue import catalogue
from operators.sdk.config import Config
from operators.sdk.errors import ConfigurationError
from operators.sdk.hot import Hot
from operators.sdk.inputs import Inputs
from operators.sdk.rpc import Rpc
from operators.sdk.store import Store
from operators.sdk.tables import Buffer, Replacement, Table
from operators.sdk.task import Event, Level, Log, Range
from operators.sdk.wire import arrived_of, error_of, event_text, fired_of, invalidation_text
from operators.sdk.words import Keeping, Reason

# A dispatcher that dies leaves no more than these to their leases.
_CLAIMED_AT_ONCE = 20


def run(task_ids: Sequence[UUID]) -> None:
    """Claim, run, complete. One that is claimed already, or canceled, is somebody else's matter."""
    for some in slices(task_ids, _CLAIMED_AT_ONCE):
        given, _ = services.give(some, worker_id=DISPATCHER)
        for one in given:
            _do(one)


def _do(given: Given) -> None:
    """Each by itself: what one says that cannot be kept is no other's trouble, and is told where people look. Raised from here,
    it would be tried again with a task that runs already, and that nobody ends before its lease does.
    """
    try:
        (answer,) = services.complete([Said(_attempt(given), given.capability)])
    except Exception as error:  # noqa: BLE001  see above
        services.fail_claimed(given.lease, _told(error, given))
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
        ending = Completion(**fence, status=Ending.FAILED, error=_told(error, given))
    if task.log.lines:
        services.append(LogBatch(**fence, first_line=0, lines=task.log.lines[:MOST_LINES]))
    return ending


def _told(error: Exception, given: Given) -> TaskError:
    return TaskError(**error_of(error, memory_mb=given.order.memory_mb))


class _Lines(Log):
    """The operator's log, kept until it is done."""

    def __init__(self) -> None:
        self.lines: list[LogLine] = []

    def write(self, level: Level, text: str, values: Mapping[str, object]) -> None:
        said = " ".join([text, *(f"{name}={value}" for name, value in values.items())])
        self.lines.append(LogLine(at=timezone.now(), level=level, text=said[:LONGEST_LINE]))


class InlineTask:
    """A `TaskContext` of this process."""

    def __init__(self, order: TaskOrder, attempt: int) -> None:
        self.attempt = attempt
        self.log = _Lines()
        self.metrics: dict[str, float | int] = {}
        told = order.model_dump(mode="json")
        self._slots = {slot["output"]: (slot["dataset_uuid"], slot["dataset_version"]) for slot in told["outputs"]}
        self._state = order.state
        self.config: Config = catalogue().operators[order.operator].config.model_validate(order.config)
        self.arrived = [arrived_of(one) for one in told["arrived"]]
        self.fired = fired_of(told["fired"])
        self.resets_outputs = order.resets_outputs
        self.events: list[ReportedEvent] = []
        self.written: StateWrite | None = None

    @property
    def state(self) -> InlineTask:
        return self

    def get(self) -> Any:
        return self._state.value

    def set(self, value: Any) -> None:
        self.written = StateWrite(revision=self._state.revision, value=json.loads(storable.as_json(value, what="The state")))

    @property
    def store(self) -> Store:
        raise ConfigurationError(
            "Nothing is written to the object store from the dispatcher: it belongs in the runtime ecs_platform."
        )

    def keeping(self, output: int) -> Keeping:
        return Keeping.NOTHING

    @property
    def buffer(self) -> Buffer:
        raise ConfigurationError("No rows are written from the dispatcher: that belongs in the runtime ecs_platform.")

    def table(self, output: int) -> Table:
        raise ConfigurationError("No table is written from the dispatcher: that belongs in the runtime ecs_platform.")

    def replace(self, changes: Sequence[Replacement]) -> None:
        raise ConfigurationError("No table is written from the dispatcher: that belongs in the runtime ecs_platform.")

    def rpc(self, pool: str) -> Rpc:
        raise ConfigurationError("No chain is asked from the dispatcher: that belongs in the runtime ecs_platform.")

    def hot(self, dataset: str) -> Hot:
        raise ConfigurationError("No table is read in the dispatcher: that belongs in the runtime ecs_platform.")

    @property
    def inputs(self) -> Inputs:
        raise ConfigurationError("Nothing is read in the dispatcher: it belongs in the runtime ecs_platform.")

    @property
    def cancelled(self) -> bool:
        """Over before anybody could ask."""
        return False

    def metric(self, name: str, value: float) -> None:
        self.metrics[storable.name(name, what="The metric")[:100]] = storable.number(value, what=f"The metric {name}")

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Nobody looks at something so short."""

    def flush(self) -> None:
        raise ConfigurationError("Nothing is sent midway from the dispatcher: what lasts belongs in the runtime ecs_platform.")

    def wait(self, seconds: float) -> None:
        raise ConfigurationError("Nothing waits in the dispatcher: what lasts belongs in the runtime ecs_platform.")

    def emit(self, event: Event) -> None:
        self.events.append(ReportedEvent.model_validate_json(event_text(event, self._slots)))

    def invalidate(self, output: int, scope: Range | str, reason: Reason) -> None:
        self.events.append(ReportedEvent.model_validate_json(invalidation_text(output, scope, reason, self._slots)))
