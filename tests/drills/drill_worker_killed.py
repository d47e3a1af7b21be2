"""Drill 2: kill -9 of a process that runs a task, then of the whole worker."""

from __future__ import annotations

from tests.drills import faults
from tests.drills.scene import Scene
from tests.journeys.stack import wait_until


def test_what_a_killed_worker_was_doing_is_done_again(scene: Scene) -> None:
    for _ in range(3):
        with scene.fault("child killed"):
            faults.kill_a_child(scene.stack)
        scene.must_be_back(within_seconds=20)
        scene.work(50)

    wait_until(lambda: scene.state.number("SELECT count(*) FROM dispatch_task WHERE status = 'running'") > 3)
    with scene.fault("worker killed"):
        faults.kill(scene.stack, "worker")
    scene.must_be_back(within_seconds=30)
    scene.work(100)

    scene.must_end_well()
    assert scene.state.retries() > 0
