"""Drill 3: every wake-up comes twice, and two workers take what they can get."""

from __future__ import annotations

from tests.drills import faults
from tests.drills.scene import Scene
from tests.journeys.stack import wait_until


def test_a_wake_up_that_comes_twice_is_one_task(scene: Scene) -> None:
    with faults.twin(scene.stack, "worker", TRACE_WORKER_ID="worker-2"):
        wait_until(lambda: scene.state.number("SELECT count(*) FROM dispatch_task WHERE worker_id = 'worker-2'") > 0)
        before = scene.wake_ups_refused()
        with scene.fault("every wake-up twice"):
            faults.duplicate_messages(scene.stack)
            scene.work(200, seconds=240)
        scene.must_be_back(within_seconds=20)
        scene.must_end_well()

    assert scene.wake_ups_refused() > before
