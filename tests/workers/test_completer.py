"""How ends are told: what the plane cannot bear, what it refuses, and for how long it is asked."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from apps.platform import contracts as c
from apps.platform.config import Config
from tests.workers.plane import WORKER_TOKEN, Plane, Task
from workers.platform_worker.attempt import Attempt
from workers.platform_worker.completer import Completer
from workers.platform_worker.internal_plane import InternalPlane

EVENTS = '"events":[]'


class Telling:
    """A completer on a plane, and what it told of each task at last."""

    def __init__(self, plane: Plane, client: InternalPlane) -> None:
        self.plane, self.client = plane, client
        self.closed: dict[Any, c.Ending | None] = {}
        self.news = threading.Condition()
        self.completer = Completer(client, None, self._close)

    def _close(self, attempt: Attempt, ending: c.Ending | None) -> None:
        with self.news:
            self.closed[attempt.task_id] = ending
            self.news.notify_all()

    def claim(self, *tasks: Task) -> list[Attempt]:
        results = self.client.claim([task.id for task in tasks])
        return [Attempt(result, None) for result in results if isinstance(result, c.Claimed)]

    def complete(self, *tasks: Task, body: str = EVENTS) -> None:
        """In one batch: they are there before it begins."""
        for attempt in self.claim(*tasks):
            attempt.lease_until = math.inf  # as heartbeats would, for ever
            self.completer.put(attempt, c.Ending.COMPLETED, body)
        self.completer.start()

    def until_closed(self, *tasks: Task) -> None:
        with self.news:
            assert self.news.wait_for(lambda: {task.id for task in tasks} <= self.closed.keys(), timeout=30)


@pytest.fixture
def telling() -> Iterator[Telling]:
    with Plane() as plane:
        config = replace(Config(), internal_url=plane.url, worker_tokens=(WORKER_TOKEN,))
        with InternalPlane(config, worker_id="w-1") as client:
            telling = Telling(plane, client)
            yield telling
            telling.completer.end(seconds=10)


def add(telling: Telling, count: int, *, lease_seconds: int = 2) -> list[Task]:
    return [telling.plane.add("noop", lease_seconds=lease_seconds) for _ in range(count)]


@pytest.mark.parametrize("poisoned", [{3}, {0, 1}, {0, 1, 2, 3, 4}])
def test_what_breaks_the_plane_does_not_hold_up_its_neighbours(telling: Telling, poisoned: set[int]) -> None:
    tasks = add(telling, 10)
    telling.plane.poisoned = {tasks[number].id for number in poisoned}
    others = [task for number, task in enumerate(tasks) if number not in poisoned]
    telling.complete(*tasks)
    telling.until_closed(*others)

    assert {task.status for task in others} == {"Completed"}


def test_what_breaks_the_plane_is_given_up_at_twice_the_age_of_its_lease(telling: Telling) -> None:
    (task,) = add(telling, 1, lease_seconds=1)
    telling.plane.poisoned = {task.id}
    telling.complete(task)
    telling.until_closed(task)

    assert telling.closed[task.id] is None


def test_a_plane_that_breaks_whatever_it_gets_is_not_asked_once_per_task(telling: Telling) -> None:
    tasks = add(telling, 100, lease_seconds=60)
    telling.plane.faults[c.COMPLETIONS_PATH] = [500] * 3
    telling.complete(*tasks)
    telling.until_closed(*tasks)

    assert {task.status for task in tasks} == {"Completed"}
    # The batch, two alone that failed; then the other 98, and those two alone.
    assert telling.plane.calls[c.COMPLETIONS_PATH] == 6


def test_a_completion_whose_state_was_overtaken_fails_its_attempt_with_the_planes_words(telling: Telling) -> None:
    (task,) = add(telling, 1)
    task.revision = 7
    telling.complete(task, body='"state":{"revision":3,"value":1}')
    telling.until_closed(task)

    assert (task.error.type, task.error.message, task.error.retryable) == ("state_moved", "Somebody else wrote the state.", True)


def test_a_completion_that_is_forbidden_fails_its_attempt_with_the_planes_words(telling: Telling) -> None:
    (task,) = add(telling, 1)
    telling.plane.forbidden[task.id] = "foreign_output"
    telling.complete(task)
    telling.until_closed(task)

    assert (task.error.type, task.error.message) == ("foreign_output", "That is no output of this task.")


def test_a_completion_of_a_lease_that_is_lost_is_let_go_in_silence(telling: Telling) -> None:
    (task,) = add(telling, 1)
    (attempt,) = telling.claim(task)
    task.attempt += 1
    telling.completer.put(attempt, c.Ending.COMPLETED, EVENTS)
    telling.completer.start()
    telling.until_closed(task)

    assert (telling.closed[task.id], task.completion) == (None, None)
    assert telling.plane.calls[c.COMPLETIONS_PATH] == 1
