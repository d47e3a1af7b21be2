"""Drill 2, the other way: a worker that was taken for dead comes back, and says what nobody wants to hear any more."""

from __future__ import annotations

from tests.drills import faults
from tests.drills.scene import Scene
from tests.journeys.stack import wait_until

_RUNNING = "SELECT count(*) FROM dispatch_task WHERE status = 'running' AND worker_id = %s"
_TAKEN_OVER = """
SELECT count(*) FROM dispatch_attempt AS a JOIN dispatch_attempt AS b ON b.task_id = a.task_id AND b.number = a.number + 1
WHERE a.worker_id = 'worker-1' AND a.outcome = 'lease_expired' AND b.worker_id = 'worker-2'
"""


def test_a_worker_that_slept_through_its_leases_changes_nothing(scene: Scene) -> None:
    with faults.twin(scene.stack, "worker", TRACE_WORKER_ID="worker-2"):
        wait_until(lambda: scene.state.number(_RUNNING, "worker-2") > 0)
        wait_until(lambda: scene.state.number(_RUNNING, "worker-1") > 2)
        with scene.fault("worker frozen"), faults.frozen(scene.stack, "worker"):
            wait_until(lambda: scene.state.number(_TAKEN_OVER) > 0, seconds=120)
        scene.must_be_back(within_seconds=20)
        scene.work(100)
        scene.must_end_well()
