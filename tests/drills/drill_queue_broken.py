"""Drill 6: the queue is away, and what was in it is gone."""

from __future__ import annotations

import time

from tests.drills import faults
from tests.drills.scene import Scene
from tests.journeys.stack import wait_until


def test_a_queue_that_is_away_delays_and_loses_nothing(scene: Scene) -> None:
    with scene.fault("queue database locked"), faults.locked(scene.stack, "queue"):
        time.sleep(10)
    scene.must_be_back(within_seconds=45)
    scene.work(100)

    scene.must_end_well()


def test_wake_ups_that_are_deleted_are_sent_again(scene: Scene) -> None:
    deleted = 0
    with scene.fault("messages deleted"):
        for _ in range(5):
            wait_until(lambda: scene.state.messages() > 10)
            deleted += faults.delete_messages(scene.stack)
    assert deleted > 50
    scene.must_be_back(within_seconds=30)
    scene.work(100)

    scene.must_end_well()
