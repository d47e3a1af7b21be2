"""Runtimes that give a task a container, or a function call, of its own; and the watch over the containers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.conf import settings
from django.utils import timezone

from apps.dispatch import services
from apps.dispatch.services import Given
from apps.platform import wiring
from apps.platform.contracts import Invocation, TaskError
from apps.platform.errors import NotBuilt, Permanent, ServiceError, Transient
from apps.platform.ports.containers import UNKNOWN, Container, Containers, NoRoom, Phase, State
from apps.platform.ports.functions import Functions
from apps.platform.slices import slices

log = structlog.get_logger("trace.dispatch")

FUNCTION_WORKER = "function"
# A cluster may be full for a large container and not for the next; after so many it is full for all.
_MOST_REFUSALS = 3
# Claimed together: a publisher that dies leaves no more than these to their leases.
_CALLED_AT_ONCE = 20


@cache
def _containers() -> Containers:
    """One per process: it holds connections."""
    return wiring.containers(settings.CONFIG)


@cache
def _functions() -> Functions:
    return wiring.functions(settings.CONFIG)


# --- containers ----------------------------------------------------------------------------------------------------


def to_containers(task_ids: Sequence[UUID], *, containers: Containers | None = None) -> None:
    """A container for each that has none yet. Where there is no room they stay handed over, and are told of again by the
    reconciler: to try the message again would hold up what it was published with. Raises Transient where nobody answers.
    """
    containers = containers or _containers()
    waiting = services.waiting_for_container(task_ids)
    states = containers.states([task.container for task in waiting if task.container])
    refusals = 0
    for task in waiting:
        try:
            _start(containers, task, states.get(task.container, UNKNOWN))
        except NoRoom as refusal:
            log.warning("no_room_for_container", task_id=str(task.id), error=str(refusal))
            refusals += 1
            if refusals == _MOST_REFUSALS:
                return
        except Permanent as error:
            # It may be put right without the job being changed: a definition that is registered, a right that is given.
            services.fail_unclaimed(task.id, TaskError(type="container_not_started", message=str(error)[:8_000]))


def _start(containers: Containers, task: Any, state: State) -> None:
    attempt = task.attempt + 1
    if state.phase is Phase.RUNNING:
        if task.container_attempt == attempt:
            return  # on its way to the claim
        containers.stop(task.container, reason="its lease ran out, and another container takes its place")
    needs = services.facts(task.version_job_id)
    handle = containers.run(Container(
        # Told twice of the same task, it is the same container; after one that stopped, it is a new one.
        task.id, str(uuid5(task.id, f"{attempt}/{task.container}")),
        cpu_millis=needs["order"]["cpu_millis"], memory_mb=needs["order"]["memory_mb"], task_definition=needs["task_definition"],
    ))  # fmt: skip
    services.remember_container(task.id, attempt=attempt, handle=handle)


def watch_containers(*, containers: Containers | None = None) -> int:
    """Ends the leases of those that stopped, and stops those that do not hear that they were canceled; how many leases ended."""
    grace = settings.CONFIG.container_cancel_seconds
    if not (under_way := services.contained(grace_seconds=grace)):
        return 0
    try:
        containers = containers or _containers()
        states = containers.states([task.container for task in under_way])
        for task in under_way:
            if task.is_deaf and states[task.container].phase is Phase.RUNNING:
                containers.stop(task.container, reason=f"the task was canceled more than {grace} s ago")
    except ServiceError as error:
        log.warning("containers_not_seen", error=str(error))  # leases run out without them, as anywhere
        return 0
    stopped = {task.id: (task.container, states[task.container]) for task in under_way}
    return services.end_stopped({id_: seen for id_, seen in stopped.items() if seen[1].phase is Phase.STOPPED})


# --- functions -----------------------------------------------------------------------------------------------------


def to_function(task_ids: Sequence[UUID], *, functions: Functions | None = None) -> None:
    """Claimed here, and sent along: a function asks for nothing. Raises Transient where some must be called later."""
    try:
        functions = functions or _functions()
    except NotBuilt as missing:
        for task_id in task_ids:
            services.fail_unclaimed(task_id, TaskError(type=missing.code, message=missing.message, retryable=False))
        return
    for some in slices(task_ids, _CALLED_AT_ONCE):
        given, _ = services.give(some, worker_id=FUNCTION_WORKER)
        _call_all(functions, given)


def _call_all(functions: Functions, given: Sequence[Given]) -> None:
    for at, one in enumerate(given):
        try:
            _call(functions, one)
        except Transient:
            # Whether it was heard is not known; if it was, what it says is refused by the fence.
            services.take_back([left.lease for left in given[at:]])
            raise
        except Permanent as error:
            message = str(error)[:8_000]
            services.fail_claimed(one.lease, TaskError(type="function_not_called", message=message, retryable=False))


def _call(functions: Functions, given: Given) -> None:
    config = settings.CONFIG
    called = Invocation(base_url=config.internal_url, claimed=services.signed(given, now=timezone.now()))
    functions.invoke_event(config.function_prefix + given.order.operator, called.model_dump(mode="json"))
