"""Drill 2, the other way: a worker that was taken for dead comes back, and says what nobody wants to hear any more."""

from __future__ import annotations

from tests.drills import faults
from tests.drills.scene import Scene
from tests.drills.silent import SilentWorker
from tests.journeys.stack import wait_until

_TAKEN_OVER = """
SELECT count(*) FROM dispatch_attempt AS a JOIN dispatch_attempt AS b ON b.task_id = a.task_id AND b.number = a.number + 1
WHERE a.worker_id = 'worker-2' AND a.outcome = 'lease_expired' AND b.worker_id = 'worker-1'
"""
_RUNNING = "SELECT count(*) FROM dispatch_task WHERE status = 'running' AND worker_id = 'worker-2'"


def test_what_is_said_of_a_task_that_another_worker_did_changes_nothing(scene: Scene) -> None:
    with SilentWorker(scene.stack, scene.state) as late:
        with scene.fault("worker silent"):
            wait_until(late.took, what="there was no task to be taken")
            wait_until(late.is_taken_over, seconds=120, what="nobody took the tasks over")
        answers = late.report()

    scene.must_be_back(within_seconds=20)
    scene.must_end_well()
    assert {(one.status, one.code) for one in answers} == {(409, "stale_fence")}


def test_a_worker_that_slept_through_its_leases_notices(scene: Scene) -> None:
    """The second one: the first would be ended by the supervisor for its silence."""
    with faults.twin(scene.stack, "worker", TRACE_WORKER_ID="worker-2") as second:
        wait_until(lambda: scene.state.number(_RUNNING) > 2)
        with scene.fault("worker frozen"), faults.stopped(second):
            wait_until(lambda: scene.state.number(_TAKEN_OVER) > 0, seconds=120)
        scene.must_be_back(within_seconds=20)
        scene.work(100)
        scene.must_end_well()
