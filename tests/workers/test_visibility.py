"""A queue that is away, slowly: leases are kept all the same, and the queue is not asked once per task."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from apps.platform import contracts as c
from apps.platform.config import Config
from apps.platform.errors import Transient
from apps.platform.json import Json
from apps.platform.ports.queue import ZERO, Depth, Message
from tests.journeys.stack import wait_until
from tests.workers.plane import WORKER_TOKEN, Plane
from workers.platform_worker.attempt import Attempt
from workers.platform_worker.heartbeats import Heartbeats
from workers.platform_worker.internal_plane import InternalPlane
from workers.platform_worker.visibility import Visibility


class SlowQueue:
    """Whoever extends waits until it is let go, and hears that the queue is away as long as it is."""

    def __init__(self) -> None:
        self.lets_go = threading.Event()
        self.is_away = True
        self.asked: list[str] = []

    def extend(self, message: Message, *, visibility: timedelta) -> bool:
        self.asked.append(message.id)
        self.lets_go.wait(60)
        if self.is_away:
            raise Transient("the queue does not answer")
        return True

    def publish(self, queue: str, payloads: Sequence[Json], *, delay: timedelta = ZERO) -> None:
        raise AssertionError("nobody publishes here")

    def receive(self, queue: str, *, limit: int, visibility: timedelta, wait: timedelta = ZERO) -> list[Message]:
        raise AssertionError("nobody receives here")

    def ack(self, messages: Sequence[Message]) -> None:
        raise AssertionError("nobody acknowledges here")

    def depth(self, queue: str) -> Depth:
        raise AssertionError("nobody looks here")

    def close(self) -> None:
        self.lets_go.set()


@pytest.fixture
def queue() -> Iterator[SlowQueue]:
    queue = SlowQueue()
    yield queue
    queue.close()


@pytest.fixture
def plane() -> Iterator[Plane]:
    with Plane() as plane:
        yield plane


@pytest.fixture
def attempts(plane: Plane) -> list[Attempt]:
    tasks = [plane.add("noop", lease_seconds=1) for _ in range(4)]
    with _client(plane) as client:
        claimed = [one for one in client.claim([task.id for task in tasks]) if isinstance(one, c.Claimed)]
    return [Attempt(one, Message("tasks", str(one.task_id), "r", {}, 1)) for one in claimed]


def _client(plane: Plane) -> InternalPlane:
    config = replace(Config(), internal_url=plane.url, worker_tokens=(WORKER_TOKEN,))
    return InternalPlane(config, worker_id="w-1")


def test_leases_are_kept_while_the_queue_does_not_answer(plane: Plane, queue: SlowQueue, attempts: list[Attempt]) -> None:
    with _client(plane) as client:
        beats = Heartbeats(client, Visibility(queue), canceled=lambda _: None, lost=lambda _: None)
        beats.watch(attempts)
        beats.start()
        plane.until(lambda: all(len(task.beats) >= 3 for task in plane.tasks.values()), seconds=15)
        asked = len(queue.asked)
        beats.end()

    assert asked == 1


def test_a_queue_that_is_away_is_asked_once_and_not_for_every_task(queue: SlowQueue, attempts: list[Attempt]) -> None:
    visibility = Visibility(queue, rest_seconds=0.05)
    for attempt in attempts:
        visibility.renew(attempt)
    queue.lets_go.set()
    visibility.start()
    wait_until(lambda: queue.asked and not visibility._due)
    queue.is_away = False
    visibility.renew(attempts[-1])
    wait_until(lambda: len(queue.asked) == 2)
    visibility.end()

    assert queue.asked == [str(attempts[0].task_id), str(attempts[-1].task_id)]


def test_what_has_ended_is_not_hidden_again(queue: SlowQueue, attempts: list[Attempt]) -> None:
    queue.is_away = False
    queue.lets_go.set()
    visibility = Visibility(queue)
    for attempt in attempts[:2]:
        visibility.renew(attempt)
    visibility.forget(attempts[0])
    visibility.start()
    wait_until(lambda: queue.asked)
    visibility.end()

    assert queue.asked == [str(attempts[1].task_id)]
