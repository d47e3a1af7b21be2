"""What the dispatcher does with the messages of the outbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from apps.dispatch import inline, runtimes, services
from apps.dispatch.domain import CONTAINER, FUNCTION, SHARED
from apps.outbox.domain import Claimed
from apps.platform import wiring
from apps.platform.contracts import PROBE_QUEUE, TASK_QUEUE, TaskMessage
from apps.platform.errors import Permanent, Transient
from apps.platform.ports.queue import Queue
from operators.sdk.words import Runtime


@cache
def _queue() -> Queue:
    """One per process: it holds connections."""
    return wiring.queue(settings.CONFIG)


def publish_probes(messages: Sequence[Claimed]) -> None:
    _queue().publish(PROBE_QUEUE, [message.payload for message in messages])


def arm(messages: Sequence[Claimed]) -> None:
    for dag_id in dict.fromkeys(_payload(message)["dag_id"] for message in messages):
        services.arm(UUID(dag_id), now=timezone.now())


def advance(messages: Sequence[Claimed]) -> None:
    for build_id in dict.fromkeys(_payload(message)["build_id"] for message in messages):
        services.advance_build(UUID(build_id))


def route(messages: Sequence[Claimed]) -> None:
    """One transaction for all of them: the events of a fan-in arrive together."""
    services.route_events([UUID(event_id) for message in messages for event_id in _payload(message)["event_ids"]])


def redo(_: Sequence[Claimed]) -> None:
    """What is not planned, whoever told of it."""
    services.plan_a_round()


def enqueue(messages: Sequence[Claimed]) -> None:
    by_runtime: dict[str, list[UUID]] = defaultdict(list)
    for message in messages:
        payload = _payload(message)
        by_runtime[payload["runtime"]] += [UUID(task_id) for task_id in payload["task_ids"]]
    for runtime, task_ids in by_runtime.items():
        if runtime not in _RUNTIMES:
            raise Permanent(f"this version has no runtime `{runtime}`")
        _RUNTIMES[runtime](task_ids)


def backfill(messages: Sequence[Claimed]) -> None:
    for message in messages:
        services.go_on(_payload(message))


def dispute(messages: Sequence[Claimed]) -> None:
    services.make_again([_payload(message) for message in messages])


def purge(messages: Sequence[Claimed]) -> None:
    for purge_id in dict.fromkeys(_payload(message)["purge_id"] for message in messages):
        services.go_on_purging(UUID(purge_id))


def move(messages: Sequence[Claimed]) -> None:
    """One that has to wait holds up no other."""
    waiting: Transient | None = None
    for message in messages:
        try:
            services.move(_payload(message))
        except Transient as error:
            waiting = error
    if waiting:
        raise waiting


def tell_written(messages: Sequence[Claimed]) -> None:
    services.tell_written([UUID(_payload(message)["batch_id"]) for message in messages])


def _to_queue(task_ids: Sequence[UUID]) -> None:
    _queue().publish(TASK_QUEUE, [TaskMessage(task_id).to_json() for task_id in task_ids])


def _payload(message: Claimed) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", message.payload)


_RUNTIMES: dict[str, Callable[[Sequence[UUID]], None]] = {
    SHARED: _to_queue,
    Runtime.DISPATCHER.value: inline.run,
    CONTAINER: runtimes.to_containers,
    FUNCTION: runtimes.to_function,
}
