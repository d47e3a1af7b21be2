"""Drill 2 for a source that never ends: its process is killed, and then the host of all such processes."""

from __future__ import annotations

from tests.drills import faults
from tests.drills.scene import Scene
from tests.journeys.stack import wait_until

_ATTEMPTS = """
SELECT t.attempt FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id WHERE j.source = 'always_on'
"""


def test_a_source_that_was_killed_goes_on_where_it_was(scene: Scene) -> None:
    must_tick(scene, after_attempt=0)
    with scene.fault("source killed"):
        faults.kill_the_source(scene.stack)
        must_tick(scene, after_attempt=1)
    with scene.fault("process host killed"):
        faults.kill(scene.stack, "process_host")
        must_tick(scene, after_attempt=2)
    scene.must_be_back(within_seconds=20)

    scene.must_end_well()


def must_tick(scene: Scene, *, after_attempt: int) -> None:
    """Again, in an attempt of its own. The second wait of a task that fails is up to a minute and a half."""
    wait_until(lambda: scene.state.number(_ATTEMPTS) > after_attempt, seconds=150, what="the source was not started again")
    scene.must_tick()
